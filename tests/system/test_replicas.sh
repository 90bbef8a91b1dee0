#!/usr/bin/env bash
# Three replicas behind a balancer, with the configuration that is deployed: solves spread over them, and a replica that gets
# SIGTERM in the middle of traffic costs no solve. What one of them answered is reported to another.
#
# Usage: test_replicas.sh [nginx|haproxy]
program=${1:-nginx}
source "$(dirname "$0")/checks.sh"
source tests/system/debian_tools.sh

# start_PROGRAM: a balancer at $balancer with the replicas of $servers; its log is $work/balancer.log.
start_nginx() {
  local upstream
  upstream=$(printf 'server %s max_fails=1 fail_timeout=2s; ' "${servers[@]}")
  sed -e "s#/tmp/#$work/#g" -e "s#listen 50050#listen $balancer#" -e '/server sextant-2/d' \
    -e "s#server sextant-1.*#$upstream#" deploy/nginx/nginx.conf >"$work/nginx.conf"
  grep -q "${servers[2]} max_fails" "$work/nginx.conf" || fail "deploy/nginx/nginx.conf has no place for replicas any more"
  start "$work/balancer.log" nginx -p "$work" -e "$work/balancer.log" -c "$work/nginx.conf" -g "daemon off;"
}
start_haproxy() {
  local upstream one
  upstream=$(for one in "${servers[@]}"; do printf '  server %s %s\\n' "$one" "$one"; done)
  sed -e "s#bind :50050#bind $balancer#" -e '/server sextant-2/d' -e "s#  server sextant-1.*#$upstream#" \
    deploy/haproxy/haproxy.cfg >"$work/haproxy.cfg"
  grep -q "server ${servers[2]}" "$work/haproxy.cfg" || fail "deploy/haproxy/haproxy.cfg has no place for replicas any more"
  haproxy -c -f "$work/haproxy.cfg" >"$work/haproxy.check" 2>&1 || fail "haproxy refuses its file: $(cat "$work/haproxy.check")"
  start "$work/balancer.log" haproxy -db -f "$work/haproxy.cfg"
}

case $program in
  nginx)
    debian_programs nginx
    nginx -V >"$work/version" 2>&1 || skip "Debian's nginx does not run here: $(tail -n 1 "$work/version")"
    ;;
  haproxy)
    debian_programs haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1
    export LD_LIBRARY_PATH=$tools/usr/lib/$(uname -m)-linux-gnu
    haproxy -v >"$work/version" 2>&1 || skip "Debian's HAProxy does not run here: $(tail -n 1 "$work/version")"
    ;;
  *) fail "unknown balancer $program, expected nginx or haproxy" ;;
esac

start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second 600 --chunk-tokens 16
# The same key for receipts on all of them.
head -c 32 /dev/urandom | base64 >"$work/receipts.key"
{ cat deploy/demo/server.yaml; echo "receipts: {key_file: $work/receipts.key}"; } >"$work/replica.yaml"
pids=() pages=() servers=()
for i in 0 1 2; do
  start_server "$work/replica$i.log" "$work/replica.yaml"
  servers+=("$server")
  pids+=("$started_pid") pages+=("http://$metrics/metrics")
done

balancer=127.0.0.1:$(free_port)
"start_$program"
reachable() { "$bin/sextant" --server "$balancer" models >/dev/null 2>&1; }
wait_until 10 reachable || fail "no replica can be reached through $program: $(tail -n 5 "$work/balancer.log")"

for i in 1 2 3; do sed "s/\"problem_id\": *\([0-9]*\)/\"problem_id\": \"$i-\1\"/" deploy/demo/problems.jsonl; done >"$work/problems.jsonl"
total=$(wc -l <"$work/problems.jsonl")
start "$work/eval.log" bash -c '"$@" >"$0" 2>"$0.err"' "$work/eval.json" "$bin/sextant" --server "$balancer" eval --json \
  --model demo-instruct --problems "$work/problems.jsonl" --strategy "majority_vote(n=3)" --concurrency 12 --timeout 60 \
  --out "$work/rows.jsonl"
eval_pid=$started_pid

# By default every replica gets its part, while all of them run.
each_has_ended() {
  local page
  for page in "${pages[@]}"; do [ "$(series "$page" sextant_solves_total)" -ge "$1" ] || return 1; done
}
wait_until 30 each_has_ended 4 || fail "solves do not spread: $(for page in "${pages[@]}"; do series "$page" sextant_solves_total; echo; done)"
busy() { [ "$(series "${pages[1]}" sextant_solves_running)" -ge 2 ]; }
wait_until 10 busy || fail "the second replica has nothing to do"
drained=$(series "${pages[1]}" sextant_solves_total)
kill -TERM "${pids[1]}"
running "$eval_pid" || fail "the traffic was over before the replica was told to end"
await_end "${pids[1]}" 30
[ "$stopped_code" -eq 0 ] || fail "the drained replica exited with $stopped_code"
await_end "$eval_pid" 90
[ "$stopped_code" -eq 0 ] || fail "the evaluation exited with $stopped_code: $(tail -n 5 "$work/eval.json.err")"
expect_json "$work/eval.json" ".results[0].failed == 0 and .results[0].problems == $total" "solves while a replica went"
[ "$(wc -l <"$work/rows.jsonl")" -eq "$total" ] || fail "expected $total rows, got $(wc -l <"$work/rows.jsonl")"

# What one replica has answered another one takes the outcome of.
"$bin/sextant" --server "${servers[0]}" solve --json --model demo-instruct --strategy simple --kind integer \
  --prompt "$(jq -rs '.[0].prompt' deploy/demo/problems.jsonl)" >"$work/solved.json" 2>"$work/solve.err" || fail "solve: $(cat "$work/solve.err")"
graded=$(series "${pages[2]}" sextant_graded_total)
"$bin/sextant" --server "${servers[2]}" report --receipt "$(jq -r .receipt "$work/solved.json")" --correct >"$work/report.out" 2>&1 ||
  fail "a receipt of another replica was refused: $(cat "$work/report.out")"
series_is "${pages[2]}" sextant_graded_total $((graded + 1)) || fail "the reported outcome was not counted"

# gRPC 1.51 keeps what a call's headers hold beyond their limit; the balancer does not let that through.
resident_mib() { awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$1/status"; }
flooded=$(python3 tests/system/header_flood.py "$balancer" 100) || fail "the flood could not be sent"
for i in 0 2; do
  [ "$(resident_mib "${pids[$i]}")" -lt 100 ] || fail "$flooded of headers fill the memory of a replica: $(resident_mib "${pids[$i]}") MiB"
done
reachable || fail "no replica can be reached after a flood of headers"
echo "$program: $flooded of headers in one call; the replicas have $(resident_mib "${pids[0]}") and $(resident_mib "${pids[2]}") MiB resident"

first=$(series "${pages[0]}" sextant_solves_total) third=$(series "${pages[2]}" sextant_solves_total)
echo "$program: $total solves, none failed: $first and $third on the replicas that stayed, $drained and those that it was at on the one that went"
