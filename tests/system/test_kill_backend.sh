#!/usr/bin/env bash
# Two model servers, one of which is killed (SIGKILL) and started again every few seconds, and 2,000 solves of
# majority_vote(n=8), 16 at a time: none fails, and every bill is what the servers' ledgers say, up to the chunk that was on
# its way in a stream that was cut. Says how long a server that is back waits for its first trace.
source "$(dirname "$0")/checks.sh"

solves=${KILL_TEST_SOLVES:-2000}
chunk=8  # Of short_lived_model.

short_lived_model "$solves"
simulate+=(--ledger-every-chunk)

start_simulator "$work/steady.log" "${simulate[@]}" --ledger "$work/ledger-steady"
steady=$simulator
mortal=127.0.0.1:$(free_port)
life=0
# A port of its own, as a server that comes back is expected where it was.
begin_life() {
  life=$((life + 1))
  start "$work/mortal-$life.log" "$bin/sextant-simulator" --listen "$mortal" "${simulate[@]}" --ledger "$work/ledger-mortal-$life"
  mortal_pid=$started_pid
  await_line "$mortal_pid" "$work/mortal-$life.log" 'listening on \([0-9.:]*\)' >/dev/null
}
begin_life

cat >"$work/kill.yaml" <<END
server: {listen: 127.0.0.1:50051, metrics: 127.0.0.1:9464}
models:
  - name: short-lived
    typical_trace_tokens: 60
    backends:
      - {url: "http://$steady/v1", name: steady, max_traces: 128}
      - {url: "http://$mortal/v1", name: mortal, max_traces: 128}
END
start_server "$work/server.log" "$work/kill.yaml"

start "$work/eval.log" "$bin/sextant" eval --json --model short-lived --problems "$work/problems.jsonl" \
  --strategy "majority_vote(n=8)" --include-traces --concurrency 16 --timeout 60 --out "$work/rows.jsonl"
eval_pid=$started_pid

has_worked() { [ -s "$work/ledger-mortal-$life" ]; }
milliseconds() { date +%s%3N; }

recoveries=() states=()
while running "$eval_pid"; do
  sleep 3
  running "$eval_pid" || break
  # Bash would report the end of a child that it did not ask for.
  { kill -KILL "$mortal_pid" && await_end "$mortal_pid" 5; } 2>>"$work/kills.log"
  sleep 1.5
  seen=$(backend_state mortal)
  # Without traces nobody need have noticed yet.
  running "$eval_pid" || break
  [ "$seen" != serving ] || fail "a server that was killed 1.5 s ago is shown as serving"
  states+=("$seen")
  begin_life
  back=$(milliseconds)
  # It need not get one when the solves come to their end just then.
  wait_until 10 eval "has_worked || ended $eval_pid" || fail "a server that is back got no trace within 10 s"
  has_worked && recoveries+=($(($(milliseconds) - back)))
done
await_end "$eval_pid" 5
[ "$stopped_code" -eq 0 ] || fail "sextant eval exited with $stopped_code: $(tail -n 5 "$work/eval.log")"
idle() { series_is "http://$metrics/metrics" sextant_backend_in_flight 0; }
wait_until 10 idle || fail "traces are still in flight"

python3 tests/system/bills_against_ledgers.py "$work/rows.jsonl" "$chunk" "$work"/ledger-* || fail "bills and ledgers differ"
[ "${#recoveries[@]}" -ge 1 ] || fail "the solves were over before a server that was killed had come back"
echo "killed $((life - 1)) times; from back to its first trace, in ms: ${recoveries[*]}"
echo "its state 1.5 s after the kill: ${states[*]}"
