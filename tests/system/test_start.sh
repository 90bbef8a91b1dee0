#!/usr/bin/env bash
# A server that cannot serve says so in one message and ends with 1 at once; one whose model servers are away serves.
source "$(dirname "$0")/checks.sh"

simulator=127.0.0.1:$(free_port)  # Nobody listens there.
start_server "$work/server.log" deploy/demo/server.yaml
server_pid=$started_pid
config=$work/server.yaml  # Written by start_server.
"$bin/sextant" models >"$work/models" 2>&1 || fail "a server without model servers does not answer: $(cat "$work/models")"

# ends CONFIG TEXT: a start that ends with 1 and one line on standard error, TEXT in it.
ends() {
  local code=0
  timeout 10 "$bin/sextant-server" --config "$1" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq 1 ] || fail "expected exit code 1 for \"$2\", got $code: $(cat "$work/err")"
  grep -q -e "$2" "$work/err" || fail "expected \"$2\", got: $(cat "$work/err")"
  [ "$(grep -vc 'grpc: ' "$work/err")" -eq 1 ] || fail "expected one message, got: $(cat "$work/err")"
}
other() { sed "$1" "$config" >"$work/other.yaml"; }

other "s/listen: .*/listen: $server/; s/metrics: .*/metrics: 127.0.0.1:0/"
ends "$work/other.yaml" "server.listen: cannot listen on $server"
cp "$config" "$work/other.yaml"
ends "$work/other.yaml" "server.metrics: cannot listen on $metrics"
other "s/^server:/server:\n  lisn: 1/"
ends "$work/other.yaml" "other.yaml:[0-9]*: server.lisn: unknown key"
echo "not a certificate" >"$work/bad.pem"
other "s#^server:#server:\n  tls: {certificate: $work/bad.pem, key: $work/bad.pem}#"
ends "$work/other.yaml" "bad.pem: holds no certificate"
other "s#^server:#policy: $work/none.yaml\nserver:#"
ends "$work/other.yaml" "none.yaml"
ends "$work/nothing.yaml" "nothing.yaml"
running "$server_pid" || fail "the first server has ended"
echo "six servers that could not serve said why and ended; one without model servers serves"
