#!/usr/bin/env bash
# Runs the fuzz targets, each from its corpus in tests/fuzz/corpus; what they find that is new is kept in
# build/fuzz/corpus. A crash, a leak or an input that takes more than SECONDS ends it, and is kept in build/fuzz/found.
#
# Usage: fuzz.sh [EXECUTIONS [SECONDS]]
#   EXECUTIONS  over all targets, in the shares below; 200000 by default
#   SECONDS     1 by default; more where other programs keep the machine busy
set -euo pipefail
cd "$(dirname "$0")/.."

executions=${1:-200000}
seconds=${2:-1}
targets=(config equivalence extraction receipt request sse)
declare -A percent=([config]=5 [equivalence]=9 [extraction]=14 [receipt]=14 [request]=10 [sse]=48)  # About the same time each.
scripts/build.sh fuzz "${targets[@]/%/_fuzz}"
mkdir -p build/fuzz/found
for target in "${targets[@]}"; do
  mkdir -p "build/fuzz/corpus/$target"
  log=build/fuzz/$target.log
  if ! "build/fuzz/bin/${target}_fuzz" -runs="$((executions * percent[$target] / 100))" -timeout="$seconds" -max_len=4096 -print_final_stats=1 -verbosity=0 \
      -artifact_prefix="build/fuzz/found/$target-" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" \
      >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $target failed; the input is in build/fuzz/found" >&2
    exit 1
  fi
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  [ "$speed" -eq 0 ] && speed="over $executed"  # Less than a second in all.
  echo "fuzz: $target: $executed executions, $speed a second, no crash, leak or hang"
done
