#!/usr/bin/env bash
# SIGHUP reads the configuration again with all that it names: everything changes, or nothing does and the log says why.
source "$(dirname "$0")/checks.sh"

row_is() {  # row_is NAME: the row of the policy that fires now
  [ "$("$bin/sextant" plan --json --model demo-short --prompt "What is 2 + 2?" | jq -r .plan.row)" = "$1" ]
}
policy() {  # policy ROW: a policy of one row of that name
  printf 'name: mine\nrows:\n  - {name: %s, horizon: any, strategy: "majority_vote(n=3)"}\n' "$1" >"$work/policy.yaml"
}
# refused LINE: the server's last word on a reload, after one more SIGHUP; and nothing has changed.
refused() {
  kill -HUP "$server_pid"
  wait_until 10 grep -q "is not loaded and all stays as it is: $1" "$work/server.log" ||
    fail "expected the refusal \"$1\" in the log, got: $(cat "$work/server.log")"
  row_is after || fail "a refused configuration changed the policy"
}

policy before
head -c 32 /dev/urandom | base64 >"$work/receipts.key"
start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml
{ echo "policy: $work/policy.yaml"; echo "receipts: {key_file: $work/receipts.key}"; cat deploy/demo/server.yaml; } >"$work/mine.yaml"
start_server "$work/server.log" "$work/mine.yaml"
server_pid=$started_pid
running_config=$work/server.yaml  # Written by start_server.
cp "$running_config" "$work/good.yaml"
row_is before || fail "the plan does not ask the policy of the configuration"

policy after
kill -HUP "$server_pid"
wait_until 10 row_is after || fail "the policy was not read again: $(cat "$work/server.log")"

# One mistake in one file keeps all files from being loaded.
policy third
echo 'rows: 7' >>"$work/policy.yaml"
refused ".*policy.yaml:"
policy third
echo short >"$work/receipts.key"
refused ".*receipts.key_file"
head -c 32 /dev/urandom | base64 >"$work/receipts.key"
sed 's/^server:/server:\n  no_such_key: 1/' "$work/good.yaml" >"$running_config"
refused ".*server.no_such_key: unknown key"
sed 's/^server:/server:\n  loops: 3/' "$work/good.yaml" >"$running_config"
refused "server.loops differ from what runs, which needs a restart"
series_is "http://$metrics/metrics" sextant_last_reload_successful 0 || fail "the metrics do not show the refusal"
[ "$(curl -sSf "http://$metrics/metrics" | awk '/^sextant_reloads_total{result="refused"}/ { print $2 }')" = 4 ] ||
  fail "expected four refused reloads in the metrics"

cp "$work/good.yaml" "$running_config"
kill -HUP "$server_pid"
wait_until 10 row_is third || fail "the mended configuration was not loaded: $(cat "$work/server.log")"
series_is "http://$metrics/metrics" sextant_last_reload_successful 1 || fail "the metrics do not show the reload that went well"
running "$server_pid" || fail "the server has ended"
echo "everything was loaded together; four wrong configurations changed nothing"
