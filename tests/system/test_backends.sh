#!/usr/bin/env bash
# What the pool makes of model servers that differ: traces are spread over four unequal ones by their capacity; a
# thousand refusals (400) in a row leave a server in service; one that stalls is out within its timeout and its traces are
# replaced; one that asks for a pause (429 with Retry-After) gets it.
source "$(dirname "$0")/checks.sh"

short_lived_model 2000

# faulty NAME RULE: a simulator with this fault.
faulty() {
  printf 'faults:\n  - %s\n' "$2" >"$work/$1-faults.yaml"
  start_simulator "$work/$1.log" "${simulate[@]}" --faults "$work/$1-faults.yaml"
}

# serve NAME BACKEND...: a server whose backends have these keys.
serve() {
  local name=$1
  shift
  {
    printf 'server: {listen: 127.0.0.1:50051, metrics: 127.0.0.1:9464}\n'
    printf 'models:\n  - name: short-lived\n    typical_trace_tokens: 60\n    backends:\n'
    printf '      - {%s}\n' "$@"
  } >"$work/$name.in.yaml"
  start_server "$work/$name.log" "$work/$name.in.yaml"
}

# evaluate NAME SOLVES STRATEGY CONCURRENCY: rows in $work/NAME.rows.
evaluate() {
  head -n "$2" "$work/problems.jsonl" >"$work/$1.problems"
  "$bin/sextant" eval --json --model short-lived --problems "$work/$1.problems" --strategy "$3" --concurrency "$4" \
    --timeout 60 --out "$work/$1.rows" >"$work/$1.json" 2>"$work/$1.errors" || true
}
failed() { jq '.results[0].failed' "$work/$1.json"; }
metric() { series "http://$metrics/metrics" "$1"; }

# --- Four unequal servers ---
capacities=(64 32 16 16) backends=()
for i in "${!capacities[@]}"; do
  start_simulator "$work/unequal-$i.log" "${simulate[@]}" --ledger "$work/unequal-$i.ledger"
  backends+=("url: \"http://$simulator/v1\", name: unequal-$i, max_traces: ${capacities[$i]}")
done
serve unequal "${backends[@]}"
evaluate unequal 600 "majority_vote(n=8,stop=all)" 12
[ "$(failed unequal)" -eq 0 ] || fail "$(failed unequal) solves failed over four unequal servers"
total=$(cat "$work"/unequal-*.ledger | wc -l)
shares=""
for i in "${!capacities[@]}"; do
  streams=$(wc -l <"$work/unequal-$i.ledger")
  due=$((total * capacities[i] / 128))
  shares+=" $streams of $due due,"
  [ $((streams * 10)) -ge $((due * 9)) ] && [ $((streams * 10)) -le $((due * 11)) ] ||
    fail "server $i of capacity ${capacities[$i]} got $streams of $total traces, expected within 10 % of $due"
done
echo "four unequal servers:${shares%,} (capacities ${capacities[*]})"
stop_all

# --- Refusals ---
faulty refusing '{times: 1000, status: 400}'
serve refusing "url: \"http://$simulator/v1\", name: refusing"
evaluate refusing 1000 simple 8
[ "$(failed refusing)" -eq 1000 ] || fail "$(failed refusing) of 1000 solves failed, expected all: the server refused them"
[ "$(backend_state refusing)" = serving ] || fail "after 1,000 refusals the server is shown as $(backend_state refusing), expected serving"
evaluate after_refusals 10 simple 1
[ "$(failed after_refusals)" -eq 0 ] || fail "$(failed after_refusals) of 10 solves failed after the refusals"
echo "1,000 refusals (400): the server is still serving, and the next 10 solves are answered"
stop_all

# --- A server that stalls ---
start_simulator "$work/steady.log" "${simulate[@]}"
steady=$simulator
faulty stalling '{stall_after: 8}'
serve stalling "url: \"http://$steady/v1\", name: steady" "url: \"http://$simulator/v1\", name: stalling, token_timeout: 1s"
start "$work/eval.log" "$bin/sextant" eval --json --model short-lived --problems "$work/problems.jsonl" \
  --strategy "majority_vote(n=8,stop=all)" --concurrency 8 --timeout 60 --out "$work/stalling.rows"
eval_pid=$started_pid
has_begun() { [ "$(metric sextant_backend_first_token_seconds_count)" -gt 0 ]; }
is_out() { [ "$(backend_state stalling)" != serving ]; }
wait_until 10 has_begun || fail "no trace began"
begun=$(date +%s%3N)
wait_until 10 is_out || fail "a server all of whose streams stall is still serving after 10 s"
out_after=$(($(date +%s%3N) - begun))
[ "$out_after" -le 2500 ] || fail "a server that stalls was out after $out_after ms, expected 2500 at most: its token_timeout is 1 s"
wait_until 60 eval '[ -s "$work/stalling.rows" ] && [ "$(wc -l <"$work/stalling.rows")" -ge 100 ]' || fail "no 100 solves within 60 s"
kill -INT "$eval_pid" && await_end "$eval_pid" 10
bad=$(jq -s '[.[] | select(.stop_reason != "ALL_FINISHED" and .stop_reason != "DECIDED")] | length' "$work/stalling.rows")
[ "$(metric sextant_replacements_total)" -gt 0 ] || fail "no trace that stalled was replaced"
echo "a stalling server: out $out_after ms after its first token, $(metric sextant_replacements_total) traces replaced," \
  "$bad of $(wc -l <"$work/stalling.rows") solves ended otherwise than by a decision or all traces"
stop_all

# --- A server that asks for a pause ---
faulty pausing '{times: 1, status: 429, retry_after: 2}'
serve pausing "url: \"http://$simulator/v1\", name: pausing"
begun=$(date +%s%3N)
evaluate pausing 1 simple 1
took=$(($(date +%s%3N) - begun))
[ "$(failed pausing)" -eq 0 ] || fail "a solve failed because its server had asked for a pause of 2 s"
[ "$took" -ge 2000 ] || fail "a solve took $took ms, expected 2000 at least: its server had asked for a pause of 2 s"
[ "$(metric 'sextant_backend_state{backend="pausing",state="failing"}')" -eq 0 ] || fail "a 429 broke the circuit"
echo "429 with Retry-After of 2 s: answered after $took ms"
