#!/usr/bin/env bash
# A server that runs out of descriptors, or whose log cannot be written, goes on with what it has.
source "$(dirname "$0")/checks.sh"

start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second 2000 --chunk-tokens 16
prompt=$(jq -rs '.[0].prompt' deploy/demo/problems.jsonl)
solve() { "$bin/sextant" solve --model demo-short --strategy simple --kind integer --timeout 20 --prompt "$prompt" >"$work/out" 2>&1; }

# --- Out of descriptors: 96 traces at once, and room for a third of them ---
ulimit -Sn 64
start_server "$work/few.log" deploy/demo/server.yaml
ulimit -Sn "$(ulimit -Hn)"
few_pid=$started_pid
solve || fail "a server with few descriptors does not serve: $(cat "$work/out")"
"$bin/sextant" eval --json --model demo-short --problems deploy/demo/problems.jsonl --strategy "majority_vote(n=8,stop=all)" \
  --concurrency 12 --timeout 20 --out "$work/rows.jsonl" >"$work/eval.json" 2>"$work/eval.err" || true
running "$few_pid" || fail "the server ended for want of descriptors: $(tail -n 3 "$work/few.log")"
with_error() { jq -c "select((.error != null) == $1)" "$work/rows.jsonl" | wc -l; }
[ "$(with_error false)" -gt 0 ] || fail "no solve found a descriptor"
[ "$(with_error true)" -gt 0 ] || fail "no solve lacked a descriptor, so nothing was tried"
jq -e 'select(.error) | .error | contains("every trace failed: backend demo-short: Failed to connect") | not' "$work/rows.jsonl" >/dev/null &&
  fail "expected failures to connect, got: $(jq -c 'select(.error) | .error' "$work/rows.jsonl")"
wait_until 30 solve || fail "the server does not serve any more: $(cat "$work/out")"
stop "$few_pid"

# --- Nowhere to write the log ---
metrics=127.0.0.1:$(free_port) address=127.0.0.1:$(free_port)
sed -e "s#listen: .*#listen: $address#" -e "s#metrics: .*#metrics: $metrics#" -e "s#http://127.0.0.1:8000/#http://$simulator/#" \
  deploy/demo/server.yaml >"$work/full.yaml"
start /dev/full "$bin/sextant-server" --config "$work/full.yaml"
full_pid=$started_pid
export SEXTANT_SERVER=$address
wait_until 20 solve || fail "a server that cannot log does not serve: $(cat "$work/out")"
[ "$(series "http://$metrics/metrics" sextant_solves_total)" -ge 1 ] || fail "the solve was not counted"
stop "$full_pid"
[ "$stopped_code" -eq 0 ] || fail "a server that cannot log ended with $stopped_code"
echo "without descriptors $(with_error true) of $(wc -l <"$work/rows.jsonl") solves failed, and the rest were answered; without a log all are"
