#!/usr/bin/env bash
# Rules, dashboards and console on a real Prometheus with real traffic: every query returns data, every alert fires
# when its cause is there, and reaches a webhook through a real Alertmanager.
source "$(dirname "$0")/checks.sh"
source tests/system/debian_tools.sh
debian_programs prometheus prometheus-alertmanager
deployed=deploy/prometheus

check() { "$@" >"$work/check.log" 2>&1 || fail "$*: $(tail -n 20 "$work/check.log")"; }
check promtool check config "$deployed/prometheus.yml"
check promtool check rules "$deployed/recording.rules.yml" "$deployed/alerts.rules.yml"
check promtool test rules "$deployed/tests.yml" "$deployed/tests-week.yml"
check amtool check-config deploy/alertmanager/alertmanager.yml
alerts=$(sed -n 's/^ *- alert: //p' "$deployed/alerts.rules.yml" | sort)
for alert in $alerts; do
  grep -q "alertname: $alert" "$deployed"/tests*.yml || fail "no case of deploy/prometheus/tests*.yml is about $alert"
done

for runbook in $(sed -n 's/^ *runbook_url: //p' "$deployed/alerts.rules.yml"); do
  grep -qix "### ${runbook#*#}" "${runbook%#*}" || fail "the runbook $runbook does not exist"
done

# Two replicas. One has everything: a backend that fails, one that is not there, one that never answers, a queue of one
# place. The other has lost its only backend.
simulate=(--problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml --chunk-tokens 16)
cat >"$work/faults.yaml" <<'END'
faults:
  - {model: demo-judge, never_answer: true}
  - {model: demo-short, times: 4, status: 503}
  - {model: demo-long, probability: 0.1, cut_after: 40}
END
start_simulator "$work/slow-simulator.log" "${simulate[@]}" --tokens-per-second 25
slow_simulator=$simulator
start_simulator "$work/simulator.log" "${simulate[@]}" --tokens-per-second 2000 --faults "$work/faults.yaml"
cat >"$work/dark.yaml" <<'END'
server: {listen: 127.0.0.1:0, metrics: 127.0.0.1:0}
models:
  - name: demo-dark
    backends: [{url: "http://127.0.0.1:1/v1", name: dark}]
END
start_server "$work/dark-server.log" "$work/dark.yaml"
dark_server=$server dark_metrics=$metrics
cat >"$work/fleet.yaml" <<END
server: {listen: 127.0.0.1:0, metrics: 127.0.0.1:0}
models:
  - name: demo-short
    horizon: short
    typical_trace_tokens: 600
    price: {prompt_per_million: 0.10, completion_per_million: 0.40}
    backends: [{url: "http://127.0.0.1:8000/v1", name: short}]
  - name: demo-long
    horizon: long
    typical_trace_tokens: 900
    backends: [{url: "http://127.0.0.1:8000/v1", name: long}, {url: "http://127.0.0.1:1/v1", name: gone}]
  - name: demo-instruct
    max_solves: 1
    max_queue: 1
    backends: [{url: "http://$slow_simulator/v1", name: instruct}]
  - name: demo-mute
    backends: [{url: "http://127.0.0.1:8000/v1", name: mute, model: demo-judge}]
END
start_server "$work/server.log" "$work/fleet.yaml"
fleet_server_pid=$started_pid

families() { curl -sSf "http://$metrics/metrics" | sed -n 's/^# TYPE \(sextant_[a-z_]*\) .*/\1/p' | sort; }
documented() { sed -n 's/^| `\(sextant_[a-z_]*\)` |.*/\1/p' docs/operations/metrics.md | sort; }
diff <(documented) <(families) >"$work/families.diff" ||
  fail "docs/operations/metrics.md (<) and the server's metrics (>) differ: $(cat "$work/families.diff")"

# As it is deployed but for addresses and for waiting: alerts fire at once, and are sent at once.
start "$work/sink.log" python3 tests/system/webhook_sink.py "$work/notified.jsonl"
sink=$(await_line "$started_pid" "$work/sink.log" 'listening on \(.*\)')
sed -e 's/group_wait: .*/group_wait: 1s/' -e 's/group_interval: .*/group_interval: 1s/' \
  -e "s#- name: operators#&\n    webhook_configs: [{url: \"http://$sink/\"}]#" deploy/alertmanager/alertmanager.yml >"$work/alertmanager.yml"
alertmanager=127.0.0.1:$(free_port)
# Debian's program wants its template at the place where it would be installed: it sees a /usr/share of its own.
start "$work/alertmanager.log" unshare --map-root-user --mount bash -c \
  'mount -t tmpfs none /usr/share && cp -r "$0/usr/share/prometheus" /usr/share/ && exec prometheus-alertmanager "$@"' "$tools" \
  --config.file "$work/alertmanager.yml" --storage.path "$work/alertmanager" --web.listen-address "$alertmanager" --cluster.listen-address=
wait_until 20 curl -sf --max-time 5 -o /dev/null "http://$alertmanager/-/ready" ||
  fail "Alertmanager does not start: $(tail -n 3 "$work/alertmanager.log")"

absent=127.0.0.1:$(free_port)
cp "$deployed/recording.rules.yml" "$work/"
sed 's/for: .*/for: 0s/' "$deployed/alerts.rules.yml" >"$work/alerts.rules.yml"
sed -e 's/_interval: .*/_interval: 1s/' -e "s#alertmanager:9093#$alertmanager#" \
  -e "s#- {names: .*#- targets: [\"$metrics\", \"$dark_metrics\", \"$absent\"]#" -e 's/dns_sd_configs/static_configs/' \
  "$deployed/prometheus.yml" >"$work/prometheus.yml"
# A week ago answers were always right, and next to nothing was spent.
last_week() {
  local at
  for ((at = $(date +%s) - 7 * 86400 - 300; at < $(date +%s) - 7 * 86400 + 600; at += 60)); do echo "$1 $2 $at"; done
}
{ last_week 'model_strategy:sextant_accuracy:ratio1d{model="demo-short",strategy="simple"}' 1
  last_week 'model_strategy:sextant_graded:increase1d{model="demo-short",strategy="simple"}' 400
  last_week 'model:sextant_billed_tokens:rate1h{model="demo-short"}' 0.1
  last_week 'model:sextant_cancelled_tokens:share1h{model="demo-long"}' 0.1
  echo "# EOF"; } >"$work/last-week.txt"
check promtool tsdb create-blocks-from openmetrics "$work/last-week.txt" "$work/data"
prometheus=http://127.0.0.1:$(free_port)
start "$work/prometheus.log" prometheus --config.file "$work/prometheus.yml" --storage.tsdb.path "$work/data" \
  --web.listen-address "${prometheus#http://}" --web.console.templates "$deployed/consoles"

# value QUERY: the first number that it returns, or nothing.
value() { curl -sSf --max-time 10 "$prometheus/api/v1/query" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'; }
value_is() { [ "$(value "$1" 2>/dev/null)" = "$2" ]; }
# Counters have to be seen at zero once before anything counts them up.
wait_until 30 value_is 'sum(up)' 2 || fail "Prometheus does not scrape both replicas: $(tail -n 5 "$work/prometheus.log")"

in_background() { start "$work/traffic-$((++jobs)).log" "$@"; traffic+=("$started_pid"); }
jobs=0 traffic=()
evaluate() { "$bin/sextant" eval --problems "${problems:-deploy/demo/problems.jsonl}" --timeout 60 "$@"; }
head -n 6 deploy/demo/problems.jsonl >"$work/few.jsonl"
prompt=$(jq -r 'select(.problem_id == 0 and .dataset == "demo-math") | .prompt' deploy/demo/problems.jsonl)
# Longer than the minute that the objective of latency allows.
for _ in 1 2; do
  in_background "$bin/sextant" solve --model demo-mute --strategy simple --kind integer --timeout 62 --prompt "$prompt"
done
problems=$work/few.jsonl in_background evaluate --model demo-instruct --strategy simple --concurrency 3
for i in 1 2 3; do evaluate --model demo-short --strategy simple --samples-from "$i" --concurrency 12; done >"$work/eval.log" 2>&1
evaluate --model demo-short --strategy auto --strategy "majority_vote(n=4)" --concurrency 12 >>"$work/eval.log" 2>&1
evaluate --model demo-long --strategy "first_finish(k=1,n=8)" --concurrency 12 >>"$work/eval.log" 2>&1
for _ in 1 2 3; do
  if "$bin/sextant" --server "$dark_server" solve --model demo-dark --timeout 5 --kind integer --prompt "$prompt" >/dev/null 2>"$work/dark.err"; then
    fail "a solve without a model server got an answer"
  fi
done
for pid in "${traffic[@]}"; do await_end "$pid" 100; done

# A mistake in the configuration of a server that runs.
echo 'no_such_key: 1' >>"$work/server.yaml"
kill -HUP "$fleet_server_pid"

firing() { curl -sSf --max-time 10 "$prometheus/api/v1/alerts" | jq -r '.data.alerts[] | select(.state == "firing") | .labels.alertname' | sort -u; }
all_fire() { [ "$(firing)" = "$alerts" ]; }
wait_until 30 all_fire || fail "not every alert fires: $(diff <(echo "$alerts") <(firing) || true)"

python3 tests/system/run_queries.py "$prometheus" deploy/grafana/dashboards/*.json "$deployed"/consoles/*.html ||
  fail "queries failed or returned nothing"

# The others are inhibited by a worse one: each replica's backends by the replica that has none, a burn by a faster one.
notified() { jq -r .alertname "$work/notified.jsonl" 2>/dev/null | sort -u; }
all_notified() { [ "$(notified)" = "$(grep -vx SextantErrorBudgetBurns <<<"$alerts")" ]; }
wait_until 30 all_notified || fail "not every alert reached the webhook: $(diff <(echo "$alerts") <(notified) || true)"
jq -es 'any(.alertname == "SextantBackendDown" and .backend == "gone" and (.runbook_url | endswith("#sextantbackenddown")))' \
  "$work/notified.jsonl" >/dev/null ||
  fail "expected the alert about backend gone, with its runbook: $(grep SextantBackendDown "$work/notified.jsonl")"

curl -sSf --max-time 20 "$prometheus/consoles/sextant.html" >"$work/console.html" || fail "the console does not render"
for shown in demo-short first_finish SextantBackendDown instruct; do
  grep -q "$shown" "$work/console.html" || fail "the console does not show $shown"
done
if grep -qi "error executing\|parse error\|NaN" "$work/console.html"; then fail "the console shows an error"; fi
echo "$(wc -l <<<"$alerts") alerts fired and reached the webhook; the console renders"
# For a look at it: KEEP_CONSOLE=FILE.
[ -z "${KEEP_CONSOLE:-}" ] || cp "$work/console.html" "$KEEP_CONSOLE"
