#!/usr/bin/env bash
# Two replicas of a real llama.cpp server, one of which is killed in the middle of 200 solves: no solve
# fails, and the other one does the rest.
source "$(dirname "$0")/checks.sh"
source tests/system/llama.sh

setup_llama
start_llama tiny
first_pid=$started_pid first_port=$llama
start_llama tiny
cat >"$work/models.yaml" <<END
server: {listen: 127.0.0.1:50051, metrics: 127.0.0.1:9464}
models:
  - name: tiny
    sampling: {max_trace_tokens: 48}
    backends:
      - {url: "http://127.0.0.1:$first_port/v1", name: first, kind: llama_cpp, max_traces: 8}
      - {url: "http://127.0.0.1:$llama/v1", name: second, kind: llama_cpp, max_traces: 8}
END
start_server "$work/server.log" "$work/models.yaml"

solves=200
for ((i = 0; i < solves; i++)); do
  printf '{"dataset": "noise", "problem_id": %d, "prompt": "Number %d?", "answer": "x", "answer_kind": "text"}\n' "$i" "$i"
done >"$work/problems.jsonl"
start "$work/eval.log" "$bin/sextant" eval --json --model tiny --problems "$work/problems.jsonl" --concurrency 4 \
  --strategy "majority_vote(n=4,stop=all)" --out "$work/rows.jsonl"
eval_pid=$started_pid

solved_at_least() { [ "$(wc -l 2>/dev/null <"$work/rows.jsonl" || echo 0)" -ge "$1" ]; }
solves_at_least() { [ "$(series "http://$metrics/metrics" sextant_solves_total)" -ge "$1" ]; }
wait_until 60 solves_at_least 80 || fail "80 solves did not end"
kill -KILL "$first_pid"
killed_after=$(series "http://$metrics/metrics" sextant_solves_total)
await_end "$eval_pid" 120
[ "$stopped_code" -eq 0 ] || fail "the evaluation exited with $stopped_code: $(tail -n 3 "$work/eval.log")"
[ "$killed_after" -lt "$solves" ] || fail "all solves had ended before the replica was killed"
solved_at_least $solves || fail "expected $solves rows, got $(wc -l <"$work/rows.jsonl")"
failed=$(jq -s '[.[] | select(.stop_reason == null or .stop_reason == "" or .stop_reason == "BACKENDS_FAILED")] | length' "$work/rows.jsonl")
[ "$failed" -eq 0 ] || fail "$failed of $solves solves failed"
grep '^{' "$work/eval.log" | expect_json /dev/stdin '.results[0].failed == 0 and .results[0].problems == 200' "the evaluation"
retries=$(series "http://$metrics/metrics" sextant_retries_total)
echo "$solves solves, one of two replicas killed after $killed_after: none failed, $retries traces were tried again"
