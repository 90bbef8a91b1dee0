# shellcheck shell=bash disable=SC2034  # Results are left in variables.
# For scripts that need a simulator and a server on this machine; source it after setting `work`, a
# folder for their logs. Whatever ends the script, everything that it started is stopped first.
#
#   start LOG COMMAND...          runs COMMAND in the background; its pid is in `started_pid`
#   start_simulator LOG FLAGS...  on a free port; HOST:PORT is in `simulator`
#   start_server LOG CONFIG       on free ports in the place of CONFIG's, with `simulator` as the
#                                 model server; addresses are in `server` and `metrics`
#   stop PID                      ends one of them with SIGTERM; its exit code is in `stopped_code`
#   await_end PID SECONDS         waits until it has ended by itself, or kills it; code as in stop
#   wait_until SECONDS COMMAND... polls until COMMAND succeeds; fails when the time is over
#
# Programs come from $SEXTANT_BIN, by default those of `make server`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${SEXTANT_BIN:-$root/build/release/bin}
started=()

start() {
  local log=$1
  shift
  : >"$log"
  "$@" >>"$log" 2>&1 &
  started_pid=$!
  started+=("$started_pid")
}

wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# A child that has ended stays a zombie until it is waited for, and kill -0 would still find it.
running() {
  local state
  state=$(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) && [ "$state" != Z ]
}

ended() { ! running "$1"; }

await_end() {
  if ! wait_until "$2" ended "$1"; then
    echo "process $1 did not end within $2 s and was killed" >&2
    kill -KILL "$1" 2>/dev/null || true
  fi
  stopped_code=0
  wait "$1" 2>/dev/null || stopped_code=$?
  # Its number may be another process's from now on.
  local pid others=()
  for pid in "${started[@]}"; do [ "$pid" -eq "$1" ] || others+=("$pid"); done
  started=("${others[@]}")
}

stop() {
  kill -TERM "$1" 2>/dev/null || true
  await_end "$1" 10
}

stop_all() {
  local pid
  for pid in "${started[@]}"; do stop "$pid"; done
}

trap stop_all EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# Nobody listens there now. Somebody may a moment later; the program then says so and ends.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  echo "found no free port in 100 tries" >&2
  return 1
}

# says_or_ended PID LOG PATTERN
says_or_ended() { grep -q "$3" "$2" || ended "$1"; }

# await_line PID LOG PATTERN: the text that PATTERN's group matches, once the log has it.
await_line() {
  wait_until 20 says_or_ended "$@" || true
  sed -n "s#.*$3.*#\1#p" "$2" | grep -m 1 . || {
    echo "expected a line with '$3' in $2, which holds:" >&2
    tail -n 20 "$2" >&2
    return 1
  }
}

start_simulator() {
  local log=$1
  shift
  start "$log" "$bin/sextant-simulator" --listen 127.0.0.1:0 "$@"
  simulator=$(await_line "$started_pid" "$log" 'listening on \([0-9.:]*\)')
}

start_server() {
  local log=$1 config=$2 own
  metrics=127.0.0.1:$(free_port)
  own=${log%.log}.yaml
  sed -e "s#listen: 127\.0\.0\.1:[0-9]*#listen: 127.0.0.1:0#" \
    -e "s#metrics: 127\.0\.0\.1:[0-9]*#metrics: $metrics#" \
    -e "s#http://127\.0\.0\.1:8000/#http://${simulator:-127.0.0.1:8000}/#" "$config" >"$own"
  start "$log" "$bin/sextant-server" --config "$own"
  server=$(await_line "$started_pid" "$log" 'serving .* on \([0-9.:]*[0-9]\)')
  export SEXTANT_SERVER=$server
}
