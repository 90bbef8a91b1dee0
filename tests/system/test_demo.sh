#!/usr/bin/env bash
# The demo in a plain pipe: it ends well, shows a line per problem and a table, and leaves no process
# behind; nor does it when it is interrupted.
source "$(dirname "$0")/checks.sh"

# Processes of a session, zombies apart. After the name come state, parent, group and session.
session_processes() {
  local file fields
  for file in /proc/[0-9]*/stat; do
    fields=$(sed 's/.*) //' "$file" 2>/dev/null) || continue
    # shellcheck disable=SC2086
    set -- $fields
    [ "${1:-Z}" = Z ] || [ "${4:-}" != "$session" ] || echo "$file"
  done
  return 0
}
session_is_empty() { [ -z "$(session_processes)" ]; }

# demo FILE: in a session of its own, writing into a pipe. Its leader's pid is in `session`. A shell's
# background jobs ignore SIGINT, and no script could undo that.
demo() {
  SEXTANT_BIN=$bin DEMO_WORK=$work/demo start "$1" env --default-signal=INT setsid bash -c \
    'echo $$ >"$0.session"; scripts/demo.sh 2>&1 | cat; exit ${PIPESTATUS[0]}' "$1"
  wait_until 10 test -s "$1.session" || fail "the demo did not start"
  session=$(cat "$1.session")
}

demo "$work/whole.out"
await_end "$started_pid" 300
[ "$stopped_code" -eq 0 ] || fail "the demo exited with $stopped_code: $(tail -5 "$work/whole.out")"
problems=$(wc -l <deploy/demo/problems.jsonl)
rows=$(grep -cE '^[0-9]+ +demo-' "$work/whole.out" || true)
[ "$rows" -eq "$problems" ] || fail "expected a line for each of $problems problems, got $rows"
for what in SIMULATED "first_finish(k=1,n=8)" "majority_vote(n=8)" metrics.txt "Next steps"; do
  grep -qF "$what" "$work/whole.out" || fail "the demo does not mention $what"
done
if grep -q $'[\r\e]' "$work/whole.out"; then fail "the demo writes terminal codes into a pipe"; fi
session_is_empty || fail "the demo left processes: $(session_processes)"

demo "$work/interrupted.out"
wait_until 60 grep -qE '^3 +demo-' "$work/interrupted.out" || fail "the demo solved nothing"
kill -INT -- "-$session"
wait_until 30 session_is_empty || fail "the interrupted demo left processes: $(session_processes)"
stop "$started_pid"
[ "$stopped_code" -ne 0 ] || fail "the interrupted demo exited with 0"
echo "the demo showed $rows problems and left nothing running"
