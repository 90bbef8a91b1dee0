#!/usr/bin/env bash
# Against a real llama.cpp server: each strategy gets its traces and a bill, and a trace that is no
# longer needed stops on the model server too, not only in Sextant. Its text is noise, so an answer
# is whatever a trace says first.
source "$(dirname "$0")/checks.sh"

source tests/system/llama.sh

setup_llama
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
solve beams "${short[@]}" --strategy "beam_search(width=2,expansion=2,step_tokens=16)" --include-traces
expect_json "$work/beams.json" '(.usage.billed_tokens | tonumber) > 0 and has("answer")' beam_search
# 64 tokens in steps of 16: four steps of four continuations, each ranked by the server's log-probabilities.
expect_json "$work/beams.json" '(.traces | length) == 16 and ([.traces[].mean_logprob | select(. < 0)] | length) == 16' "steps of beam_search"

# Seeds are the server's affair: equal ones give equal texts.
texts=()
for seed in 9 9 8; do
  solve seeded "${short[@]}" --strategy simple --include-traces
  texts+=("$(jq -r '.traces[0].text' "$work/seeded.json")")
done
[ "${texts[0]}" = "${texts[1]}" ] || fail "seed 9 gave '${texts[0]}', then '${texts[1]}'"
[ "${texts[0]}" != "${texts[2]}" ] || fail "seeds 8 and 9 gave the same text"

# Each slot of llama.cpp has a cache of its own: eight traces that start together process a new prompt eight
# times; when they come again, they find it.
prompt="$(for i in {1..40}; do printf 'Spider number %d walks. ' "$i"; done) How many legs?"
for name in cold warm; do
  solve "$name" "${short[@]}" --strategy "majority_vote(n=8,stop=all)"
  read -r prompt_tokens cached_tokens < <(jq -r '[.usage.prompt_tokens, .usage.cached_tokens // "0"] | @tsv' "$work/$name.json")
  echo "prompts of one solve with 8 traces, $name: $cached_tokens of $prompt_tokens tokens from the cache"
done
[ $((cached_tokens * 10)) -ge $((prompt_tokens * 9)) ] || fail "expected the prompt to be in the cache the second time"
prompt="How many legs does a spider have?"

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
