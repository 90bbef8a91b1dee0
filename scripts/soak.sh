#!/usr/bin/env bash
# Everything at once for a long time: all strategies, budgets and deadlines, faults, readers that are slow, callers who leave
# or are killed, model servers that are killed and come back, reloads. Afterwards the server has to be as it was, and
# every token of the model servers' ledgers on one bill, up to a chunk for each stream that was cut.
#
# Usage: soak.sh [SECONDS]      900 by default, at least 30
# Environment: SEXTANT_BIN      a folder with the programs; build/release/bin by default
source "$(dirname "$0")/../tests/system/checks.sh"
seconds=${1:-900}
[ "$seconds" -ge 30 ] || fail "SECONDS is $seconds, expected at least 30"
[ -x "$bin/soak" ] || fail "$bin/soak is not built; make soak builds it"

chunk=8 problems=500  # Chunk: that of short_lived_model.
short_lived_model "$problems"
cat >"$work/faults.yaml" <<'END'
faults:
  - {probability: 0.01, status: 503}
  - {probability: 0.01, status: 429, retry_after: 1}
  - {probability: 0.01, cut_after: 16}
  - {probability: 0.01, error_after: 24}
  - {probability: 0.01, garbage_after: 16}
  - {probability: 0.01, stall_after: 16}
  - {probability: 0.01, refuse: true}
END
start_simulator "$work/steady.log" "${simulate[@]}" --ledger-every-chunk --ledger "$work/ledger-steady"
steady=$simulator
start_simulator "$work/faulty.log" "${simulate[@]}" --ledger-every-chunk --ledger "$work/ledger-faulty" --faults "$work/faults.yaml"
faulty=$simulator
mortal=127.0.0.1:$(free_port) life=0
begin_life() {
  life=$((life + 1))
  start "$work/mortal-$life.log" "$bin/sextant-simulator" --listen "$mortal" "${simulate[@]}" \
    --ledger-every-chunk --ledger "$work/ledger-mortal-$life"
  mortal_pid=$started_pid
}
begin_life

cat >"$work/soak.yaml" <<END
server: {listen: 127.0.0.1:50051, metrics: 127.0.0.1:9464, loops: 2}
log: {format: json}
models:
  - name: short-lived
    horizon: short
    typical_trace_tokens: 60
    max_solves: 40
    backends:
      - {url: "http://$steady/v1", name: steady, max_traces: 128, token_timeout: 1s}
      - {url: "http://$faulty/v1", name: faulty, max_traces: 128, token_timeout: 1s}
      - {url: "http://$mortal/v1", name: mortal, max_traces: 128, token_timeout: 1s}
END
start_server "$work/server.log" "$work/soak.yaml"
server_pid=$started_pid

kib() { awk '/^VmRSS:/ { print $2 }' "/proc/$server_pid/status"; }
threads() { find "/proc/$server_pid/task" -mindepth 1 -maxdepth 1 | wc -l; }
# Without connections to model servers, which are kept for reuse.
descriptors() {
  python3 - "$server_pid" "${steady##*:}" "${faulty##*:}" "${mortal##*:}" <<'END'
import os, sys
pid, ports = sys.argv[1], {int(p) for p in sys.argv[2:]}
to_models = set()
for line in open("/proc/net/tcp").readlines()[1:]:
    fields = line.split()
    if int(fields[2].split(":")[1], 16) in ports:
        to_models.add(f"socket:[{fields[9]}]")
links = []
for fd in os.listdir(f"/proc/{pid}/fd"):
    try:
        links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    except OSError:
        pass
print(sum(link not in to_models for link in links))
END
}
idle() {
  series_is "http://$metrics/metrics" sextant_solves_running 0 && series_is "http://$metrics/metrics" sextant_queue_waiting 0 &&
    series_is "http://$metrics/metrics" sextant_backend_in_flight 0
}
soak() { "$bin/soak" --server "$server" --problems "$problems" --out "$work/told-$1" --seed "$2" --seconds "$3"; }

soak warm-up 0 5 >"$work/warm-up.log" || fail "the warm-up: $(cat "$work/warm-up.log")"
wait_until 20 idle || fail "solves run after the warm-up"
sleep 2
threads_before=$(threads) descriptors_before=$(descriptors)

start "$work/callers.log" soak callers 100000 "$seconds"
callers_pid=$started_pid
begin=$SECONDS next_kill=5 next_reload=3 next_victim=4 victims=0 reloads=0
: >"$work/memory"
while running "$callers_pid"; do
  now=$((SECONDS - begin))
  echo "$now $(kib)" >>"$work/memory"
  running "$server_pid" || fail "the server has ended: $(tail -n 5 "$work/server.log")"
  if [ "$now" -ge "$next_reload" ]; then
    kill -HUP "$server_pid"
    reloads=$((reloads + 1)) next_reload=$((now + 4))
  fi
  if [ "$now" -ge "$next_victim" ]; then
    # A caller that is killed; what it was told is lost with it.
    [ "$victims" -eq 0 ] || kill -KILL "$victim_pid" 2>/dev/null || true
    start "$work/victim.log" "$bin/soak" --server "$server" --problems "$problems" --out /dev/null \
      --seed $((500000 + 10000 * victims)) --seconds 3600 --callers 8
    victim_pid=$started_pid victims=$((victims + 1)) next_victim=$((now + 5))
  fi
  if [ "$now" -ge "$next_kill" ]; then
    kill -KILL "$mortal_pid" 2>/dev/null || true
    sleep 1
    begin_life
    next_kill=$((now + 8))
  fi
  sleep 1
done 2>>"$work/kills.log"
kill -KILL "$victim_pid" 2>/dev/null || true
await_end "$callers_pid" 60 2>>"$work/kills.log"
cat "$work/callers.log"
[ "$stopped_code" -eq 0 ] || fail "a solve ended in a way that nothing explains"

wait_until 30 idle || fail "after the last caller left, solves or traces still run"
for address in "$steady" "$faulty" "$mortal"; do
  wait_until 10 series_is "http://$address/metrics" simulator_streams_open 0 || fail "a stream to $address is still open"
done
as_before() { [ "$(threads)" -le "$threads_before" ] && [ "$(descriptors)" -le "$descriptors_before" ]; }
wait_until 30 as_before ||
  fail "the server had $threads_before threads and $descriptors_before descriptors, and has $(threads) and $(descriptors)"
curl -sSf --max-time 10 "http://$metrics/metrics" >"$work/metrics"
loaded=$(awk '/^sextant_reloads_total\{result="loaded"\}/ { print $2 }' "$work/metrics")
[ "${loaded:-0}" -eq "$reloads" ] || fail "$reloads reloads were asked for, and ${loaded:-none} done"
if grep -q '"level":"error"' "$work/server.log"; then fail "the log has errors: $(grep -m 3 '"level":"error"' "$work/server.log")"; fi

read -r second third < <(awk -v all="$seconds" '
  $1 >= all / 3 && $1 < 2 * all / 3 && $2 > second { second = $2 }
  $1 >= 2 * all / 3 && $2 > third { third = $2 }
  END { print second, third }' "$work/memory")
printf '%10d  times the mortal model server was killed; %d reloads, %d callers killed\n' $((life - 1)) "$reloads" "$victims"
printf '%10s  MiB at most in the second third, %s in the last\n' $((second / 1024)) $((third / 1024))
printf '%10d  threads before and after, %d descriptors but for those to model servers\n' "$threads_before" "$descriptors_before"
[ $((10 * third)) -le $((11 * second)) ] || fail "memory grows: $second KiB at most in the second third, $third in the last"
stop "$server_pid"  # So that its log is complete.
python3 tests/system/soak_books.py "$chunk" "$work/metrics" "$work/server.log" "$work/told-warm-up" "$work/told-callers" -- \
  "$work"/ledger-* || fail "the books do not balance"
echo "soak: $seconds s, everything as it should be"
