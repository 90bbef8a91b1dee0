#!/usr/bin/env bash
# The examples in C++, Python and Node against the real server, over mutual TLS and with tokens: they solve, stream,
# and read the bill of a failed solve; wrong tokens, models and certificates are refused. Then a certificate is
# exchanged and a token revoked while the server runs. Certificates and tokens are made by openssl, here and now.
source "$(dirname "$0")/checks.sh"

# --- Packages ---
apt_install() {
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=600 "$@" >/dev/null
}
has_python() { /usr/bin/python3 -c 'import grpc, google.protobuf' 2>/dev/null && command -v protoc grpc_python_plugin >/dev/null; }
has_node() { command -v node npm >/dev/null; }

prepare_python() {
  has_python || apt_install python3-grpcio python3-protobuf protobuf-compiler protobuf-compiler-grpc || true
  has_python || return 1
  mkdir "$work/python"
  protoc -Iproto --python_out="$work/python" --grpc_python_out="$work/python" \
    --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" sextant/v1/sextant.proto sextant/rpc/status.proto
}
prepare_node() {
  has_node || apt_install nodejs npm || true
  has_node || return 1
  cp -r client/examples/node "$work/node"
  (cd "$work/node" && timeout 300 npm install --no-audit --no-fund --ignore-scripts) >"$work/npm.log" 2>&1
}

[ -x "$bin/sextant-example" ] || fail "$bin/sextant-example is missing: build the target sextant-example"
languages=(cpp)
if prepare_python; then languages+=(python); else echo "left out: Python, as python3-grpcio cannot be installed here"; fi
if prepare_node; then languages+=(node); else echo "left out: Node, as its packages cannot be installed here"; fi

# --- Certificates and tokens ---
authority() {  # authority NAME: NAME.pem and NAME.key
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" \
    -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}
certificate() {  # certificate PATH AUTHORITY: PATH.pem and PATH.key, for this machine
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=test" -addext "subjectAltName=IP:127.0.0.1" \
    -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -days 1 -copy_extensions copy -out "$1.pem" 2>/dev/null
}
token() {  # token NAME: in the file NAME; prints the digest for the configuration
  openssl rand -hex 32 | tr -d '\n' | tee "$work/$1" | openssl dgst -sha256 -r | cut -d ' ' -f 1
}

for name in servers servers2 clients strangers; do authority "$name"; done
mkdir "$work/v1" "$work/v2"
certificate "$work/v1/server" servers
certificate "$work/v2/server" servers2
certificate "$work/client" clients
certificate "$work/stranger" strangers
ln -s v1 "$work/tls"
digest=$(token token) next_digest=$(token next-token)

# --- Server ---
start_simulator "$work/slow.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second 20 --chunk-tokens 1
slow=$simulator
start_simulator "$work/simulator.log" --problems deploy/demo/problems.jsonl --simulate deploy/demo/models.yaml \
  --tokens-per-second 4000
# config DIGEST: with one caller, whose token has that digest
config() {
  sed -e "s#^server:#server:\n  tls: {certificate: tls/server.pem, key: tls/server.key, client_ca: clients.pem}#" \
    -e "s#http://127.0.0.1:8000/v1\", name: demo-long#http://$slow/v1\", name: demo-long#" deploy/demo/server.yaml
  printf 'callers:\n  - {name: team-a, token_sha256: %s, models: [demo-short, demo-long]}\n' "$1"
}
config "$digest" >"$work/config.yaml"
start_server "$work/server.log" "$work/config.yaml"
server_pid=$started_pid

# --- What the examples do ---
export SEXTANT_CA=$work/servers.pem SEXTANT_CERT=$work/client.pem SEXTANT_KEY=$work/client.key
SEXTANT_TOKEN=$(cat "$work/token")
export SEXTANT_TOKEN
prompt=$(jq -r 'select(.problem_id == 0 and .dataset == "demo-math") | .prompt' deploy/demo/problems.jsonl)

example() {  # example LANGUAGE ARGUMENTS...: all that it prints in $work/out
  case $1 in
    cpp) timeout 60 "$bin/sextant-example" "${@:2}" ;;
    python) PYTHONPATH=$work/python timeout 60 /usr/bin/python3 client/examples/python/solve.py "${@:2}" ;;
    node) SEXTANT_PROTO=$root/proto timeout 60 node "$work/node/solve.js" "${@:2}" ;;
  esac >"$work/out" 2>&1
}
expect_line() { grep -qE "$1" "$work/out" || fail "$language: $2: expected a line with '$1', got: $(cat "$work/out")"; }
# refused CODE WHAT [NAME=VALUE...] [-- MODEL]: with that in the environment
refused() {
  local code=$1 what=$2 model=demo-short changes=()
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do changes+=("$1"); shift; done
  [ $# -eq 0 ] || model=$2
  if (for change in "${changes[@]}"; do export "${change?}"; done; example "$language" "$model" "$prompt" 20); then
    fail "$language: $what: was not refused"
  fi
  expect_line "$code" "$what"
}

for language in "${languages[@]}"; do
  example "$language" demo-short "$prompt" || fail "$language: $(cat "$work/out")"
  expect_line '^answer .' solve
  expect_line '^bill [1-9][0-9]* tokens' solve
  example "$language" --stream demo-short "$prompt" || fail "$language: stream: $(cat "$work/out")"
  expect_line '^plan .' stream
  expect_line '^trace answered' stream
  expect_line '^answer .' stream
  if example "$language" demo-long "$prompt" 3; then fail "$language: a solve without the time for an answer succeeded"; fi
  expect_line DEADLINE_EXCEEDED "a solve that fails"
  expect_line '^bill [1-9][0-9]* tokens = 0 finished' "a solve that fails"

  refused UNAUTHENTICATED "a wrong token" SEXTANT_TOKEN=guess
  refused UNAUTHENTICATED "no token" SEXTANT_TOKEN=
  refused PERMISSION_DENIED "a model of others" -- demo-instruct
  # A handshake that fails has no code of its own: at the client no server is there.
  refused UNAVAILABLE "no certificate" SEXTANT_CERT= SEXTANT_KEY=
  refused UNAVAILABLE "a stranger's certificate" SEXTANT_CERT="$work/stranger.pem" SEXTANT_KEY="$work/stranger.key"
  refused UNAVAILABLE "another authority than the server's" SEXTANT_CA="$work/strangers.pem"
done

# --- The command line ---
(unset SEXTANT_TOKEN && "$bin/sextant" models --token-file "$work/token" >"$work/out" 2>&1) || fail "sextant models: $(cat "$work/out")"
grep -q demo-long "$work/out" || fail "sextant models does not list demo-long: $(cat "$work/out")"
if grep -q demo-instruct "$work/out"; then fail "sextant models lists a model that the caller may not use"; fi

# --- A new certificate and a new token, while the server runs ---
served_by() { SEXTANT_CA=$work/$1.pem "$bin/sextant" models >"$work/out" 2>&1; }
ln -s v2 "$work/tls-next"
mv -T "$work/tls-next" "$work/tls"
wait_until 20 served_by servers2 || fail "the new certificate is not used: $(cat "$work/out")"
if served_by servers; then fail "the old certificate is still used"; fi
export SEXTANT_CA=$work/servers2.pem

sed -i "s/$digest/$next_digest/" "$work/server.yaml"
kill -HUP "$server_pid"
wait_until 10 grep -q 'SIGHUP: .*is loaded: .* 1 caller(s)' "$work/server.log" || fail "the callers were not read again: $(cat "$work/server.log")"
if "$bin/sextant" models >"$work/out" 2>&1; then fail "a revoked token is still taken"; fi
grep -q UNAUTHENTICATED "$work/out" || fail "expected UNAUTHENTICATED for a revoked token, got: $(cat "$work/out")"
"$bin/sextant" models --token-file "$work/next-token" >"$work/out" 2>&1 || fail "the new token: $(cat "$work/out")"

# --- What never shows ---
curl -sSf --max-time 5 "http://$metrics/metrics" >"$work/metrics.txt"
[ "$(series "http://$metrics/metrics" sextant_denied_calls_total)" -ge 3 ] || fail "refused calls are not counted"
for secret in token next-token; do
  if grep -qF "$(cat "$work/$secret")" "$work/server.log" "$work/metrics.txt"; then fail "a token is in the log or in the metrics"; fi
done

# Refused handshakes are gRPC's to report, but in lines of this log.
grep -qi 'grpc: .*handshake' "$work/server.log" || fail "refused handshakes are not in the log: $(cat "$work/server.log")"
if grep -vE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T' "$work/server.log"; then fail "the log has lines of another form"; fi

# --- A wrong certificate ---
cp "$work/v1/server.key" "$work/v2/server.key"
if "$bin/sextant-server" --config "$work/server.yaml" --check-config >"$work/out" 2>&1; then fail "a key of another certificate passed"; fi
grep -q 'server.tls.key: .*tls/server.key: the key does not match the certificate in .*tls/server.pem' "$work/out" ||
  fail "expected the file and what is wrong with it, got: $(cat "$work/out")"
# --- A server in the open ---
open=$work/open.yaml
sed -e "s#listen: 127.0.0.1:50051#listen: 0.0.0.0:0#" -e "/metrics:/d" deploy/demo/server.yaml >"$open"
start "$work/open.log" "$bin/sextant-server" --config "$open"
wait_until 20 grep -q 'warning 0.0.0.0:0 is no loopback address and there is no server.tls' "$work/open.log" ||
  fail "a server in the open does not warn: $(cat "$work/open.log")"
printf 'callers: [{name: team-a, token_sha256: %s}]\n' "$digest" >>"$open"
if "$bin/sextant-server" --config "$open" --check-config >"$work/out" 2>&1; then fail "tokens in the clear passed"; fi
grep -q 'callers: their tokens could be overheard' "$work/out" || fail "expected why tokens need TLS, got: $(cat "$work/out")"
echo "${languages[*]}: solved, streamed and read the bill of a failed solve over mutual TLS; wrong ones were refused"
