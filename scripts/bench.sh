#!/usr/bin/env bash
# Measures what Sextant adds to its model servers: many solves of first_finish over simulated models,
# each of which starts 16 streams and cancels 15; then what the programs of tests/bench measure.
# Results depend on the machine, which simulator, server and command line share.
#
# Environment: SEXTANT_BIN    a folder with the programs; build/release/bin by default.
#              SOLVES         how many (1008); CONCURRENCY how many at a time (16).
#              TOKENS_PER_SECOND, CHUNK_TOKENS   of every stream (400, 4).
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
work=build/bench
mkdir -p "$work"
source scripts/local_servers.sh

solves=${SOLVES:-1008} concurrency=${CONCURRENCY:-16}
rate=${TOKENS_PER_SECOND:-400} chunk=${CHUNK_TOKENS:-4}
strategy="first_finish(k=1,n=16)"
model=demo-short

# The demo's problems over and over, each time as another problem.
repeat_problems() {
  jq -c -s --argjson solves "$solves" \
    '. as $all | range($solves) | $all[. % ($all | length)] + {problem_id: .}' deploy/demo/problems.jsonl
}

# CPU seconds of a process so far: fields 14 and 15 of its stat are in ticks.
cpu_seconds() {
  awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.2f", ($14 + $15) / ticks }' "/proc/$1/stat"
}

# value METRICS SERIES_PREFIX: the sum of the series that start so.
value() { awk -v prefix="$2" 'index($0, prefix) == 1 { sum += $NF } END { printf "%.6f", sum }' "$1"; }

# quantile METRICS HISTOGRAM Q: upper bound of the bucket that holds it, in milliseconds.
quantile() {
  awk -v q="$3" -v prefix="$2_bucket" '
    index($0, prefix) == 1 { match($0, /le="[^"]*"/); le[++n] = substr($0, RSTART + 4, RLENGTH - 5); count[n] = $NF }
    END { for (i = 1; i <= n; i++) if (count[i] >= q * count[n]) { print le[i] == "+Inf" ? "more" : le[i] * 1000; exit } }' "$1"
}

repeat_problems >"$work/problems.jsonl"
start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second "$rate" --chunk-tokens "$chunk"
start_server "$work/server.log" deploy/demo/server.yaml
server_pid=$started_pid

echo "bench: $solves solves of $strategy, $concurrency at a time; streams of $rate tokens a second, $chunk a chunk"
begin=$(date +%s.%N)
"$bin/sextant" eval --json --model "$model" --problems "$work/problems.jsonl" --strategy "$strategy" \
  --samples-from 1 --concurrency "$concurrency" --timeout 300 --out "$work/rows.jsonl" >"$work/eval.json"
wall=$(awk -v begin="$begin" -v end="$(date +%s.%N)" 'BEGIN { printf "%.3f", end - begin }')
cpu=$(cpu_seconds "$server_pid")
curl -sSf --max-time 10 "http://$metrics/metrics" >"$work/server-metrics.txt"
curl -sSf --max-time 10 "http://$simulator/metrics" >"$work/simulator-metrics.txt"

tokens=$(value "$work/server-metrics.txt" sextant_tokens_total)
prompt=$(awk '/^sextant_tokens_total.*kind="prompt"/ { sum += $NF } END { printf "%.0f", sum }' "$work/server-metrics.txt")
cancelled=$(awk '/^sextant_traces_total.*outcome="cancelled"/ { sum += $NF } END { printf "%.0f", sum }' "$work/server-metrics.txt")
late=$(value "$work/simulator-metrics.txt" simulator_tokens_after_disconnect_total)
open=$(value "$work/simulator-metrics.txt" simulator_streams_open)

awk -v solves="$solves" -v wall="$wall" -v cpu="$cpu" -v tokens="$tokens" -v prompt="$prompt" -v chunk="$chunk" \
  -v cancelled="$cancelled" -v late="$late" -v open="$open" '
  BEGIN {
    chunks = (tokens - prompt) / chunk
    printf "  %.1f solves and %.0f chunks a second, %.1f s in all\n", solves / wall, chunks / wall, wall
    printf "  %.2f CPU ms of the server a solve, %.1f us a chunk\n", cpu / solves * 1e3, cpu / chunks * 1e6
    printf "  %.3f tokens generated after the decision, per cancelled trace (%d of them)\n", cancelled ? late / cancelled : 0, cancelled
    printf "  %d streams left open\n", open
  }'
for metric in overhead cancel; do
  echo "  ${metric}: p50 at most $(quantile "$work/server-metrics.txt" "sextant_${metric}_seconds" 0.5) ms," \
    "p99 at most $(quantile "$work/server-metrics.txt" "sextant_${metric}_seconds" 0.99) ms"
done
failed=$(jq '.results[0].failed' "$work/eval.json")
if [ "$failed" -ne 0 ] || [ "${open%.*}" -ne 0 ]; then
  echo "bench: $failed solves failed, ${open%.*} streams are open, expected none; see $work" >&2
  exit 1
fi
stop_all

# These exit 1 when a bound that they document is broken.
printf '\nbench: tokens and bills after the decision\n'
"$bin/cancel_cost" --json "$work/cancel.json"
printf '\nbench: answers at the deadline\n'
"$bin/deadline_answer"
printf '\nbench: what a chunk costs\n'
"$bin/stream_cost" --json "$work/stream.json"
"$bin/stream_cost" --streams 100 --chunks-per-write 32 --endings-per-second 0 --json "$work/stream_many.json"
clients=()
if command -v node >/dev/null; then clients+=(--client "node tests/bench/vote_client.mjs"); fi
"$bin/stream_cost" --streams 160 "${clients[@]}" --client "python3 tests/bench/vote_client.py" --json "$work/stream_clients.json"
if command -v valgrind >/dev/null; then
  SEXTANT_BIN=$bin tests/system/test_chunk_instructions.sh | tee "$work/instructions.txt"
fi
printf '\nbench: what a solve costs\n'
"$bin/solve_cost" --json "$work/solve.json"
printf '\nbench: how fast losers are closed\n'
"$bin/close_cost" --json "$work/close.json"
printf '\nbench: many running traces\n'
"$bin/scale" --json "$work/scale.json"
printf '\nbench: the goals\n'
tests/bench/goals.py "$work"
printf '\nbench: four times the load that the server can carry\n'
SEXTANT_BIN=$bin SECONDS_OF_OVERLOAD=60 tests/system/test_overload.sh
printf '\nbench: answers, on texts of recorded traces where there are any\n'
inputs=() texts=()
for folder in tests/fuzz/corpus/{extraction,equivalence} build/fuzz/corpus/{extraction,equivalence}; do
  [ ! -d "$folder" ] || inputs+=(--inputs "$folder")
done
for file in ../shared/traces/full/*.jsonl.gz; do
  [ ! -f "$file" ] || texts+=(--texts "$file")
done
"$bin/answer_speed" "${texts[@]}" "${inputs[@]}"
