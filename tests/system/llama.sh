# shellcheck shell=bash disable=SC2034,SC2154
# What the tests with a real llama.cpp server share, on top of checks.sh.

# Skips the test where llama.cpp cannot be installed.
setup_llama() {
  local code=0
  tests/system/llama-server.sh setup || code=$?
  [ "$code" -ne 77 ] || skip "no llama.cpp server could be installed here"
  [ "$code" -eq 0 ] || fail "setting up the llama.cpp server exited with $code"
}

# start_llama NAME: its port is in `llama`, its pid in `started_pid`.
start_llama() {
  llama=$(free_port)
  start "$work/llama-$llama.log" tests/system/llama-server.sh run "$llama" "$1"
  wait_until 60 healthy_or_ended || true
  healthy || fail "llama-server did not start: $(tail -n 3 "$work/llama-$llama.log")"
}
healthy() { curl -sf --max-time 1 -o /dev/null "http://127.0.0.1:$llama/health"; }
healthy_or_ended() { healthy || ended "$started_pid"; }

busy_slots() { curl -sSf --max-time 5 "http://127.0.0.1:$llama/slots" | jq '[.[] | select(.is_processing)] | length'; }
slots_busy() { [ "$(busy_slots)" -ge "$1" ]; }
slots_idle() { [ "$(busy_slots)" -eq 0 ]; }

# llama_metric NAME: of the server at port `llama`, without its prefix.
llama_metric() { series "http://127.0.0.1:$llama/metrics" "llamacpp:$1"; }

prompt="How many legs does a spider have?"

seed=7

# solve NAME FLAGS...: JSON in NAME.json, in which 64-bit numbers are strings.
solve() {
  local name=$1
  shift
  "$bin/sextant" solve --json --prompt "$prompt" --kind regex --pattern '(\S)' \
    --seed "$seed" --timeout 60 "$@" >"$work/$name.json" 2>"$work/$name.err" || fail "$name: $(cat "$work/$name.err")"
}
