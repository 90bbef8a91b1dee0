#!/usr/bin/env bash
# Shows Sextant at work without a model: builds it, starts the simulator and the server, solves the
# demo's problems one by one, compares strategies on them, and leaves nothing running.
#
# Environment: SEXTANT_BIN  a folder with the three programs; they are built when it is not set.
#              DEMO_WORK    a folder for logs and results; build/demo by default.
set -euo pipefail
# Numbers are printed with a point, whatever the caller's language.
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
work=${DEMO_WORK:-build/demo}
mkdir -p "$work"
source scripts/local_servers.sh

problems=deploy/demo/problems.jsonl
models=(demo-short demo-long demo-instruct)
# A little less than three typical traces: what the policy calls a low budget.
declare -A low_budget=([demo-short]=1700 [demo-long]=2600 [demo-instruct]=720)
strategies=("simple" "majority_vote(n=8,stop=all)" "majority_vote(n=8)" "first_finish(k=1,n=8)" "auto")

heading() { printf '\n%s\n\n' "$1"; }

start_programs() {
  [ -n "${SEXTANT_BIN:-}" ] || scripts/build.sh release sextant-server sextant sextant-simulator
  start_simulator "$work/simulator.log" --problems "$problems" --simulate deploy/demo/models.yaml \
    --tokens-per-second 800 --chunk-tokens 16
  start_server "$work/server.log" deploy/demo/server.yaml
  heading "The models are SIMULATED: traces of made-up text, lengths and correctness, at 800 tokens a second.
What is real is everything else: the server at $server and its streams from
http://$simulator, the votes, the cancelled traces and the bills."
  "$bin/sextant" models
}

print_solve_row() { printf '%-3s %-13s %-7s %-22s %-17s %-8s %-9s %7s %9s %7s  %.38s\n' "$@"; }
seconds() { printf '%.2f s' "$1"; }

# solve_one NUMBER MODEL MAX_TOKENS PROBLEM: a line of the table; MAX_TOKENS 0 is no limit.
solve_one() {
  local number=$1 model=$2 max_tokens=$3 problem=$4 budget=() prompt result
  [ "$max_tokens" -eq 0 ] || budget=(--max-tokens "$max_tokens")
  prompt=$(jq -r .prompt <<<"$problem")
  # A seed makes the demo the same each time, up to traces that end at about the same moment.
  if result=$("$bin/sextant" solve --json --model "$model" --kind "$(jq -r .answer_kind <<<"$problem")" \
    --reference "$(jq -r .answer <<<"$problem")" --seed $((number * 100)) --timeout 60 "${budget[@]}" \
    --prompt "$prompt" 2>"$work/solve.err"); then
    mapfile -t shown < <(jq -r '.plan.row, (.plan.strategy_text | sub(",.*"; ",...)")), (.answer // "none"),
      (if .verdict.correct then "correct" else "wrong" end),
      .usage.billed_tokens, .usage.cancelled_tokens, .usage.seconds_to_decision' <<<"$result")
    shown[6]=$(seconds "${shown[6]}")
  elif grep -q RESOURCE_EXHAUSTED "$work/solve.err"; then
    # Part of the picture: every trace was longer than its share of the budget.
    shown=("-" "-" "none" "budget" "-" "-" "-")
  else
    cat "$work/solve.err" >&2
    return 1
  fi
  print_solve_row "$number" "$model" "${max_tokens/#0/-}" "${shown[@]}" "${prompt//$'\n'/ }"
}

solve_problems() {
  heading "Each problem goes to one model in turn, every second round with a low token budget. The policy
picks the strategy from the model's horizon and the budget: 'row' says which of its rows. Where it says 'budget',
the tokens were used up before any trace had an answer."
  print_solve_row "" model budget row strategy answer verdict tokens cancelled time problem
  local number=0 model max_tokens problem
  while IFS= read -r problem; do
    model=${models[number % 3]}
    max_tokens=0
    [ $((number / 3 % 2)) -eq 0 ] || max_tokens=${low_budget[$model]}
    number=$((number + 1))
    solve_one "$number" "$model" "$max_tokens" "$problem"
  done <"$problems"
}

compare_strategies() {
  heading "The same $(wc -l <"$problems") problems with every strategy and model, without a limit. Tokens are means per problem;
sequential tokens are the length at which the answer was known: latency, counted in tokens."
  printf '%-14s %-28s %9s %9s %10s %11s %9s\n' model strategy accuracy billed cancelled sequential seconds
  local model strategy flags=() progress=/dev/stderr
  [ -t 2 ] || progress=$work/eval.log
  for strategy in "${strategies[@]}"; do flags+=(--strategy "$strategy"); done
  for model in "${models[@]}"; do
    "$bin/sextant" eval --json --model "$model" --problems "$problems" "${flags[@]}" --samples-from 1 \
      --concurrency 24 --timeout 60 --out "$work/rows-$model.jsonl" >"$work/eval-$model.json" 2>"$progress"
    jq -r '.model as $model | .results[] | [$model, .strategy, .accuracy * 100,
      .billed_tokens, .billed_tokens - .finished_tokens, .sequential_tokens, .wall_seconds] | @tsv' \
      "$work/eval-$model.json" |
      while IFS=$'\t' read -r -a row; do
        printf '%-14s %-28s %7.1f %% %9.0f %10.0f %11.0f %9.2f\n' "${row[@]}"
      done
  done
}

# Sums over all series of a metric.
show_metrics() {
  curl -sSf --max-time 10 "http://$metrics/metrics" >"$work/metrics.txt"
  heading "What the server counted (its Prometheus metrics at http://$metrics/metrics):"
  awk '
    /^sextant_solves_total/ { solves += $NF }
    /^sextant_tokens_total.*kind="finished"/ { finished += $NF }
    /^sextant_tokens_total.*kind="cancelled"/ { cancelled += $NF }
    /^sextant_overhead_seconds_sum/ { overhead = $NF }
    /^sextant_cancel_seconds_sum/ { cancel = $NF }
    /^sextant_cancel_seconds_count/ { cancels = $NF }
    END {
      printf "  %d solves; %d tokens of finished traces, %d of cancelled ones\n", solves, finished, cancelled
      if (solves > 0) printf "  %.2f ms of Sextant'\''s own time a solve\n", overhead / solves * 1000
      if (cancels > 0) printf "  %.2f ms from a decision to the last stream closed\n", cancel / cancels * 1000
    }' "$work/metrics.txt"
}

next_steps() {
  heading "Simulator and server are stopped. Kept in $work: metrics.txt, rows-*.jsonl (a line per solve), logs."
  cat <<END
Next steps:
  Your own model server    README.md, "A first request to your own model"
  The demo's by hand       the first lines of deploy/demo/server.yaml
  One solve, explained     $bin/sextant solve --help
  Every setting            deploy/sextant.example.yaml
END
}

start_programs
solve_problems
compare_strategies
show_metrics
stop_all
next_steps
