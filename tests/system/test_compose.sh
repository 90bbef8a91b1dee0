#!/usr/bin/env bash
# The image and the Compose file, with its profile scale: two replicas behind nginx, Prometheus and Alertmanager, all from
# their deployed configuration. Demo problems are solved through it. The image holds the release build that is tested
# anyway; images that are not ours have stand-ins, built of Debian's packages. Grafana has none, and is left out.
source "$(dirname "$0")/checks.sh"
source tests/system/debian_tools.sh
source tests/system/containers.sh
container_tools
debian_programs prometheus prometheus-alertmanager
base_image

# The stage that compiles is replaced by what it would have made.
mkdir -p "$work/built/src/build/release/bin"
for program in sextant-server sextant sextant-simulator; do
  strip --strip-debug -o "$work/built/src/build/release/bin/$program" "$bin/$program"
done
begin=$SECONDS
buildah bud --layers --format docker --target runtime --build-arg BASE="$base" --build-context build="$work/built" \
  -t localhost/sextant:0.1.0 . >"$work/build.log" 2>&1 || fail "the image does not build: $(tail -n 5 "$work/build.log")"
echo "image: $(podman image inspect localhost/sextant:0.1.0 --format '{{.Size}}' | awk '{printf "%.0f MB", $1 / 1e6}'), of which the base is \
$(podman image inspect "$base" --format '{{.Size}}' | awk '{printf "%.0f MB", $1 / 1e6}'); built in $((SECONDS - begin)) s"
podman tag localhost/sextant:0.1.0 docker.io/library/sextant:0.1.0

# stand_in SERVICE: takes a Dockerfile on standard input, and the name of the image from docker-compose.yml.
stand_in() {
  local image
  image=$(sed -n "/^  $1:/,/^\$/s/^ *image: //p" docker-compose.yml)
  [ -n "$image" ] || fail "docker-compose.yml has no image of $1"
  buildah bud --layers --format docker -t "docker.io/${image/#nginx:/library/nginx:}" -f - "$tools" \
    >"$work/stand-in-$1.log" 2>&1 || fail "the stand-in for $image does not build: $(tail -n 3 "$work/stand-in-$1.log")"
}
stand_in prometheus <<END
FROM $base
COPY usr/bin/prometheus /bin/
RUN mkdir /prometheus && chown nobody /prometheus
USER nobody
ENTRYPOINT ["/bin/prometheus"]
END
stand_in alertmanager <<END
FROM $base
COPY usr/bin/prometheus-alertmanager /bin/alertmanager
COPY usr/share/prometheus/alertmanager /usr/share/prometheus/alertmanager
RUN mkdir /alertmanager && chown nobody /alertmanager
USER nobody
ENTRYPOINT ["/bin/alertmanager"]
END
stand_in balancer <<END
FROM $base
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx >/dev/null
END

# As it is but for host ports, which may be taken here, and limits that the machine may not allow.
declare -A port=()
cp docker-compose.yml "$work/compose.yml"
for published in 50051 9464 9090 9093 50050; do
  port[$published]=$(free_port)
  sed -i "s#127.0.0.1:$published:#127.0.0.1:${port[$published]}:#" "$work/compose.yml"
done
services=(sextant sextant-2 simulator balancer prometheus alertmanager)
{ echo "services:"; for service in "${services[@]}"; do echo "  $service: {ulimits: {nofile: {soft: 1024, hard: 4096}, nproc: 4096}}"; done; } >"$work/limits.yml"
sed -n 1p docker-compose.yml | grep -q "^#" || fail "docker-compose.yml does not say how it is used"
compose() {
  docker-compose --project-directory . -p sextant-test -f "$work/compose.yml" -f "$work/limits.yml" --profile scale "$@"
}
clean_up() {
  podman rm --all --force --time 1 >"$work/down.log" 2>&1 || true
  compose down --volumes --timeout 1 >>"$work/down.log" 2>&1 || true
  release_store
}
container_service
begin=$SECONDS
compose up -d --no-build "${services[@]}" >"$work/up.log" 2>&1 || fail "docker-compose up: $(tail -n 5 "$work/up.log")"
answers() { "$bin/sextant" --server "127.0.0.1:$1" models >"$work/models.txt" 2>&1; }
wait_until 60 answers "${port[50050]}" || { compose logs --no-color >"$work/logs.txt" 2>&1; fail "nobody answers through nginx: $(tail -n 20 "$work/logs.txt")"; }
echo "Compose: up in $((SECONDS - begin)) s"

# Through the balancer, and so by both.
"$bin/sextant" --server "127.0.0.1:${port[50050]}" eval --json --model demo-instruct --problems deploy/demo/problems.jsonl \
  --strategy auto --concurrency 8 --timeout 60 >"$work/eval.json" 2>"$work/eval.err" || fail "eval: $(tail -n 3 "$work/eval.err")"
expect_json "$work/eval.json" ".results[0].failed == 0 and .results[0].problems == $(wc -l <deploy/demo/problems.jsonl)" "demo problems through Compose"

asks() { curl -sSf --max-time 10 "http://127.0.0.1:${port[9090]}$1"; }
query() { asks "/api/v1/query?query=$1" 2>/dev/null | jq -r '.data.result | map(.value[1]) | join(" ")'; }
query_is() { [ "$(query "$1")" = "$2" ]; }
wait_until 30 query_is 'sum(up%7Bjob="sextant"%7D)' 2 || fail "Prometheus does not see both replicas: $(query up)"
all_counted() { [ "$(query 'sum(sextant_solves_total)')" = "$(wc -l <deploy/demo/problems.jsonl)" ]; }
wait_until 30 all_counted || fail "Prometheus counts $(query 'sum(sextant_solves_total)') solves"
[ "$(query 'count(sum%20by(instance)(sextant_solves_total)>0)')" = 2 ] || fail "the solves were not spread over both replicas"
asks /api/v1/alertmanagers | jq -e '.data.activeAlertmanagers | length == 1' >/dev/null || fail "Prometheus knows no Alertmanager"
asks /api/v1/rules | jq -e '[.data.groups[].rules[].health] | length > 30 and all(. != "err")' >/dev/null || fail "Prometheus' rules have errors"
asks /consoles/sextant.html | grep -q demo-instruct || fail "the console does not show the model"
curl -sSf --max-time 10 "http://127.0.0.1:${port[9093]}/-/ready" >/dev/null || fail "Alertmanager is not ready"

# Hardened as it says.
container=$(podman ps --format '{{.Names}}' | grep -E 'sextant[-_]1$' | grep -v sextant-2 | head -n 1)
podman healthcheck run "$container" || fail "the image's health check fails"
[ "$(podman exec "$container" id -u)" -eq 10001 ] || fail "the server runs as user $(podman exec "$container" id -u)"
if podman exec "$container" touch /usr/file 2>/dev/null; then fail "the server's file system can be written to"; fi
compose stop --timeout 35 sextant >"$work/stop.log" 2>&1
[ "$(podman inspect "$container" --format '{{.State.ExitCode}}')" -eq 0 ] || fail "the stopped server exited with an error"
answers "${port[50050]}" || fail "the balancer does not go on with one replica: $(cat "$work/models.txt")"
begin=$(date +%s%3N)
podman start "$container" >>"$work/stop.log" 2>&1
wait_until 30 answers "${port[50051]}" || fail "the server does not answer after a restart"
echo "start-up: $(($(date +%s%3N) - begin)) ms from the start of the container to the first answer"
