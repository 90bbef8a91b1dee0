#!/usr/bin/env bash
# SIGHUP reads the policy again; a policy that is wrong leaves the one that runs in place.
source "$(dirname "$0")/checks.sh"

row_is() {  # row_is NAME: the row of the policy that fires now
  [ "$("$bin/sextant" plan --json --model demo-short --prompt "What is 2 + 2?" | jq -r .plan.row)" = "$1" ]
}
policy() {  # policy ROW: a policy of one row of that name
  printf 'name: mine\nrows:\n  - {name: %s, horizon: any, strategy: "majority_vote(n=3)"}\n' "$1" >"$work/policy.yaml"
}

policy before
start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml
{ echo "policy: $work/policy.yaml"; cat deploy/demo/server.yaml; } >"$work/mine.yaml"
start_server "$work/server.log" "$work/mine.yaml"
server_pid=$started_pid
row_is before || fail "the plan does not ask the policy of the configuration"

policy after
kill -HUP "$server_pid"
wait_until 10 row_is after || fail "the policy was not read again: $(cat "$work/server.log")"

echo 'rows: 7' >"$work/policy.yaml"
kill -HUP "$server_pid"
wait_until 10 grep -q "the policy stays as it is: .*policy.yaml:1:" "$work/server.log" ||
  fail "expected the wrong policy's error in the log, got: $(cat "$work/server.log")"
row_is after || fail "a wrong policy took the place of the one that ran"
echo "a new policy was loaded, a wrong one was refused"
