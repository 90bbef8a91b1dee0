#!/usr/bin/env bash
# Against a real llama.cpp server: each strategy gets its traces and a bill, and a trace that is no
# longer needed stops on the model server too, not only in Sextant. Its text is noise, so an answer
# is whatever a trace says first.
source "$(dirname "$0")/checks.sh"

code=0
tests/system/llama-server.sh setup || code=$?
[ "$code" -ne 77 ] || skip "no llama.cpp server could be installed here"
[ "$code" -eq 0 ] || fail "setting up the llama.cpp server exited with $code"

# start_llama NAME: its port is in `llama`.
start_llama() {
  llama=$(free_port)
  start "$work/llama-$1.log" tests/system/llama-server.sh run "$llama" "$1"
  wait_until 60 healthy_or_ended || true
  healthy || fail "llama-server did not start: $(tail -n 3 "$work/llama-$1.log")"
}
healthy() { curl -sf --max-time 1 -o /dev/null "http://127.0.0.1:$llama/health"; }
healthy_or_ended() { healthy || ended "$started_pid"; }

busy_slots() { curl -sSf --max-time 5 "http://127.0.0.1:$llama/slots" | jq '[.[] | select(.is_processing)] | length'; }
slots_busy() { [ "$(busy_slots)" -ge "$1" ]; }
slots_idle() { [ "$(busy_slots)" -eq 0 ]; }

prompt="How many legs does a spider have?"

# solve NAME FLAGS...: JSON in NAME.json, in which 64-bit numbers are strings.
solve() {
  local name=$1
  shift
  "$bin/sextant" solve --json --prompt "$prompt" --kind regex --pattern '(\S)' \
    --seed 7 --timeout 60 "$@" >"$work/$name.json" 2>"$work/$name.err" || fail "$name: $(cat "$work/$name.err")"
}

for name in tiny slow; do
  start_llama "$name"
  declare "${name}_port=$llama"
done
cat >"$work/models.yaml" <<END
server: {listen: 127.0.0.1:50051, metrics: 127.0.0.1:9464}
models:
  - {name: tiny, backends: [{url: "http://127.0.0.1:$tiny_port/v1", kind: llama_cpp}]}
  - {name: slow, backends: [{url: "http://127.0.0.1:$slow_port/v1", kind: llama_cpp}]}
END
start_server "$work/server.log" "$work/models.yaml"

short=(--model tiny --max-trace-tokens 64)
solve simple "${short[@]}" --strategy simple
expect_json "$work/simple.json" '.usage.traces_finished == 1 and (.usage.billed_tokens | tonumber) > 0 and (.usage.billed_tokens | tonumber) <= 64' simple
solve majority "${short[@]}" --strategy "majority_vote(n=4,stop=all)" --include-traces
expect_json "$work/majority.json" '.stop_reason == "ALL_FINISHED" and .usage.traces_finished == 4 and (.traces | length) == 4' majority_vote
expect_json "$work/majority.json" 'all(.traces[]; (.completion_tokens | tonumber) > 0 and (.estimated | not))' "tokens of finished traces"
expect_json "$work/majority.json" '(.usage.prompt_tokens | tonumber) > 0 and .agreement > 0 and has("answer")' "the vote"
solve last "${short[@]}" --strategy "last_finish(k=2,n=4)"
expect_json "$work/last.json" '.usage.traces_finished == 4 and ([.candidates[].votes] | add) == 2' last_finish
solve confident "${short[@]}" --strategy "majority_vote(n=8,stop=all,weights=confidence,keep=0.5,warmup=4,window=16)" --include-traces
expect_json "$work/confident.json" 'all(.traces[]; .confidence > 0)' "the confidence of every trace"
expect_json "$work/confident.json" '([.traces[] | select(.outcome == "FINISHED")] | length) >= 4' "the warm-up"
expect_json "$work/confident.json" '.decisions[0] | test("below [0-9]")' "the bar"
solve beams "${short[@]}" --strategy "beam_search(width=2)"
expect_json "$work/beams.json" '(.usage.billed_tokens | tonumber) > 0 and has("answer")' beam_search

# Traces end where the noise says so. With this seed one does after about 50 tokens, and most others would
# go on for hundreds, which takes seconds even on a fast machine.
llama=$slow_port
start "$work/first.out" "$bin/sextant" solve --json --model slow --prompt "$prompt" --kind regex --pattern '(\S)' \
  --strategy "first_finish(k=1,n=8)" --seed 200 --max-trace-tokens 1600 --timeout 300
solve_pid=$started_pid
wait_until 60 slots_busy 8 || fail "expected eight busy slots, got $(busy_slots)"
await_end "$solve_pid" 300
[ "$stopped_code" -eq 0 ] || fail "first_finish: $(cat "$work/first.out")"
wait_until 3 slots_idle || fail "$(busy_slots) slots of the model server are still busy 3 s after the decision"
grep -v '^[^{ }]' "$work/first.out" >"$work/first.json"
expect_json "$work/first.json" '.stop_reason == "DECIDED" and .usage.traces_cancelled >= 6 and (.usage.cancelled_tokens | tonumber) > 0' first_finish
echo "simple, majority_vote with and without confidence, last_finish, beam_search and first_finish ran; cancelled streams stopped on the server"
