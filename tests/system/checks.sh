# shellcheck shell=bash disable=SC2034
# What the system tests share: a folder for logs, servers that are stopped at the end, and checks.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
source scripts/local_servers.sh
# What a test has to undo before its servers are stopped; it may define its own.
clean_up() { :; }
# Logs are kept when a test fails.
trap 'code=$?; clean_up || true; stop_all; case $code in 0 | 77) rm -rf "$work" ;; *) echo "logs are in $work" ;; esac' EXIT

skip() {
  echo "skipped: $*"
  exit 77
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect_json FILE JQ_CONDITION WHAT
expect_json() {
  jq -e "$2" "$1" >/dev/null || fail "$3: expected $2 in $(jq -c . "$1" 2>/dev/null || cat "$1")"
}

# series URL NAME: the sum of a metric's series.
series() {
  curl -sSf --max-time 5 "$1" | awk -v name="$2" '$1 == name || index($1, name "{") == 1 { sum += $NF } END { printf "%.0f", sum }'
}

series_is() { [ "$(series "$1" "$2")" = "$3" ]; }
