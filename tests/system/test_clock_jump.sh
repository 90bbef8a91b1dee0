#!/usr/bin/env bash
# A wall clock that jumps by a day, forwards and back, while solves run: they neither end early nor hang, and the times on their bills are right.
source "$(dirname "$0")/checks.sh"
command -v cc >/dev/null || skip "there is no C compiler here"
cc -O1 -Wall -Werror -shared -fPIC -o "$work/clock_offset.so" tests/system/clock_offset.c || fail "clock_offset.c does not compile"

start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second 100 --chunk-tokens 4
prompt=$(jq -rs '.[0].prompt' deploy/demo/problems.jsonl)
# jump SECONDS: how far the server's wall clock is off from now on.
jump() { python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("=q", int(sys.argv[2])))' "$work/offset" "$1"; }
head -c 8 /dev/zero >"$work/offset"
export LD_PRELOAD=$work/clock_offset.so CLOCK_OFFSET=$work/offset
start_server "$work/server.log" deploy/demo/server.yaml
unset LD_PRELOAD CLOCK_OFFSET

solve() {  # solve NAME TIMEOUT
  start "$work/$1.json" bash -c 'exec "$@" 2>"$0"' "$work/$1.err" "$bin/sextant" solve --json --model demo-short --kind integer \
    --strategy "majority_vote(n=3,stop=all)" --timeout "$2" --prompt "$prompt"
}
runs() { series_is "http://$metrics/metrics" sextant_solves_running "$1"; }

begin=$SECONDS
solve patient 60
patient=$started_pid
solve hasty 3
hasty=$started_pid
wait_until 10 runs 2 || fail "two solves should run: $(cat "$work/server.log")"
jump +86400
today=$(date -u +%Y-%m-%d)
solve later 60
later=$started_pid
wait_until 10 runs 3 || fail "a solve should start after the jump: $(cat "$work/later.err")"
jump -86400
for pid in "$patient" "$hasty" "$later"; do await_end "$pid" 60; done
took=$((SECONDS - begin))

for name in patient later; do expect_json "$work/$name.json" '.usage.traces_finished == 3 and .usage.seconds_to_decision < 60 and .usage.seconds_to_decision > 1' "the $name solve"; done
grep -q '"stop_reason": *"TIME_BUDGET"' "$work/hasty.json" || grep -q DEADLINE_EXCEEDED "$work/hasty.err" ||
  fail "the deadline of 3 s was not kept: $(cat "$work/hasty.json" "$work/hasty.err")"
[ "$took" -lt 60 ] || fail "the solves took $took s"
grep -v "^$today" "$work/server.log" | grep -q 'info solve' || fail "the clock did not jump, so nothing was tried"
echo "the clock jumped a day ahead and two back; three solves ended as they should, after $took s"
