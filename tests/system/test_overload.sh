#!/usr/bin/env bash
# Callers who ask four times what the server can do: it goes on at its pace, refuses the rest at once with
# a delay, and does not grow. SECONDS_OF_OVERLOAD is 15 by default; `make bench` takes 60.
source "$(dirname "$0")/checks.sh"
[ -x "$bin/overload" ] || skip "$bin/overload is not built; make test-system builds it"

max_solves=16 max_queue=32 model=demo-instruct
prompt=$(jq -r 'select(.problem_id == 0 and .dataset == "demo-math") | .prompt' deploy/demo/problems.jsonl)
# Slow streams of large chunks: the model's pace is the limit, not this machine's.
start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second 300 --chunk-tokens 16
sed "s/^  - name: $model/&\n    max_solves: $max_solves\n    max_queue: $max_queue/" deploy/demo/server.yaml >"$work/limits.yaml"
start_server "$work/server.log" "$work/limits.yaml"
"$bin/overload" --server "$server" --pid "$started_pid" --model "$model" --prompt "$prompt" \
  --max-solves "$max_solves" --max-queue "$max_queue" --seconds "${SECONDS_OF_OVERLOAD:-15}" ||
  fail "a bound of tests/bench/overload.cc is broken"

wait_until 10 series_is "http://$metrics/metrics" sextant_queue_waiting 0 || fail "a solve still waits"
wait_until 10 series_is "http://$metrics/metrics" sextant_solves_running 0 || fail "a solve still runs"
wait_until 10 series_is "http://$simulator/metrics" simulator_streams_open 0 || fail "a stream is still open"
refused=$(grep -c "refus" "$work/server.log" || true)
[ "$refused" -ge 1 ] && [ "$refused" -le 20 ] || fail "expected a few lines about refusals in the log, got $refused"
