#!/usr/bin/env bash
# SIGTERM in the middle of solves: those that run get their answers, new ones are refused, and the
# server ends by itself. With a drain limit shorter than the solves they end with what they have.
source "$(dirname "$0")/checks.sh"

solve() {  # solve NAME MODEL FLAGS...: in the background; JSON in NAME.json, exit code in NAME.code
  local name=$1 model=$2
  shift 2
  start "$work/$name.log" bash -c '"$@" >"$0.json" 2>"$0.err"; echo $? >"$0.code"' "$work/$name" \
    "$bin/sextant" solve --json --model "$model" --kind integer --strategy "majority_vote(n=4,stop=all)" \
    --seed 1 --timeout 120 --prompt "$prompt" "$@"
}

prompt=$(jq -r 'select(.problem_id == 0 and .dataset == "demo-math") | .prompt' deploy/demo/problems.jsonl)
simulate=(--problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml --chunk-tokens 1)

# Traces of some seconds, and a drain limit that is far away.
start_simulator "$work/simulator.log" "${simulate[@]}" --tokens-per-second 150
simulator_pid=$started_pid
start_server "$work/server.log" deploy/demo/server.yaml
server_pid=$started_pid
for i in 1 2 3; do solve "running$i" demo-short; done
wait_until 20 series_is "http://$metrics/metrics" sextant_solves_running 3 || fail "three solves did not start"
wait_until 20 series_is "http://$simulator/metrics" simulator_streams_open 12 || fail "twelve traces did not start"
kill -TERM "$server_pid"
wait_until 10 grep -q "draining" "$work/server.log" || fail "the server did not say that it drains"
if timeout 20 "$bin/sextant" solve --model demo-short --kind integer --prompt "$prompt" >"$work/late.out" 2>"$work/late.err"; then
  fail "a solve was accepted while the server drained"
fi
grep -q UNAVAILABLE "$work/late.err" || fail "expected UNAVAILABLE for the late solve, got: $(cat "$work/late.err")"
await_end "$server_pid" 60
[ "$stopped_code" -eq 0 ] || fail "the draining server exited with $stopped_code"
for i in 1 2 3; do
  wait_until 5 test -s "$work/running$i.code" || fail "solve $i did not end"
  [ "$(cat "$work/running$i.code")" -eq 0 ] || fail "solve $i: $(cat "$work/running$i.err")"
  expect_json "$work/running$i.json" '.stop_reason == "ALL_FINISHED" and .usage.traces_finished == 4 and .answer == "903"' \
    "a solve that ran when the server began to drain"
done
wait_until 5 series_is "http://$simulator/metrics" simulator_streams_open 0 || fail "a stream is still open"
stop "$simulator_pid"

# Traces of minutes, and one second to drain.
start_simulator "$work/slow-simulator.log" "${simulate[@]}" --tokens-per-second 5
sed 's/^server:/server:\n  drain_timeout: 1s/' deploy/demo/server.yaml >"$work/short-drain.yaml"
start_server "$work/short-server.log" "$work/short-drain.yaml"
server_pid=$started_pid
solve cut demo-long
wait_until 20 series_is "http://$simulator/metrics" simulator_streams_open 4 || fail "four traces did not start"
stop "$server_pid"
[ "$stopped_code" -eq 0 ] || fail "the server exited with $stopped_code after its drain limit"
wait_until 5 test -s "$work/cut.code" || fail "the solve did not end with the server"
[ "$(cat "$work/cut.code")" -eq 1 ] || fail "expected a solve without any answer to fail, got: $(cat "$work/cut.json")"
grep -q UNAVAILABLE "$work/cut.err" || fail "expected UNAVAILABLE for the solve that was cut, got: $(cat "$work/cut.err")"
grep -q "cancelled" "$work/cut.err" || fail "expected the bill of the solve that was cut, got: $(cat "$work/cut.err")"
wait_until 5 series_is "http://$simulator/metrics" simulator_streams_open 0 || fail "a stream is still open"

# A minute to drain: SIGHUP does not shorten it, a second SIGTERM ends it at once.
sed 's/^server:/server:\n  drain_timeout: 60s/' deploy/demo/server.yaml >"$work/long-drain.yaml"
start_server "$work/long-server.log" "$work/long-drain.yaml"
server_pid=$started_pid
solve twice demo-long
wait_until 20 series_is "http://$simulator/metrics" simulator_streams_open 4 || fail "four traces did not start"
kill -TERM "$server_pid"
wait_until 10 grep -q "draining" "$work/long-server.log" || fail "the server did not say that it drains"
kill -HUP "$server_pid"
wait_until 10 grep -q "SIGHUP: not while draining" "$work/long-server.log" || fail "no word on SIGHUP: $(cat "$work/long-server.log")"
running "$server_pid" || fail "SIGHUP ended the drain"
series_is "http://$simulator/metrics" simulator_streams_open 4 || fail "SIGHUP ended the solve"
stop "$server_pid"
[ "$stopped_code" -eq 0 ] || fail "the server exited with $stopped_code after its second SIGTERM"
wait_until 5 test -s "$work/twice.code" || fail "the solve did not end with the server"
grep -q "cancelled" "$work/twice.err" || fail "expected the bill of the solve that was cut, got: $(cat "$work/twice.err")"
wait_until 5 series_is "http://$simulator/metrics" simulator_streams_open 0 || fail "a stream is still open"
echo "running solves got their answers, late ones were refused, a short drain and a second SIGTERM cut the rest"
