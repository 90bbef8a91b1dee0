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

# short_lived_model N: a simulated model of short traces with N problems of its own, as flags of a simulator in `simulate`.
short_lived_model() {
  seq -f '%05g' 1 "$1" | jq -cR '{dataset: "made-up", problem_id: tonumber, prompt: ("What is problem \(.) about?"),
    answer: "\(tonumber)", answer_kind: "integer", difficulty: 0.5}' >"$work/problems.jsonl"
  cat >"$work/models.yaml" <<'END_OF_MODELS'
models:
  - name: short-lived
    horizon: short
    tokens: {mean: 60, sigma: 0.3, min: 48, max: 200, by_difficulty: 0}
    accuracy: {easy: 0.8, hard: 0.8}
END_OF_MODELS
  simulate=(--problems "$work/problems.jsonl" --simulate "$work/models.yaml" --tokens-per-second 200 --chunk-tokens 8)
}

# backend_state NAME: as the server at `metrics` shows it.
backend_state() {
  curl -sSf --max-time 5 "http://$metrics/metrics" |
    sed -n "s/^sextant_backend_state{backend=\"$1\",state=\"\([a-z]*\)\"} 1\$/\1/p"
}
