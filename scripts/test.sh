#!/usr/bin/env bash
# Everything that a change has to pass without a real model server: layout and lints, all tests under
# AddressSanitizer, LeakSanitizer and UBSan, the core under ThreadSanitizer, and recorded traces
# through a release build.
set -euo pipefail
cd "$(dirname "$0")/.."

counts=()

# attribute FILE NAME: a number from the root element of ctest's JUnit report.
attribute() { sed -n "s/^[[:space:]]*$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

# run_tests PRESET NAME [CTEST_FLAGS...]: runs what is built; notes how many passed, as NAME.
run_tests() {
  local preset=$1 name=$2 report=$PWD/build/$1/junit.xml
  shift 2
  rm -f "$report"
  ctest --preset "$preset" --output-junit "$report" "$@"
  local total skipped disabled
  total=$(attribute "$report" tests) skipped=$(attribute "$report" skipped)
  disabled=$(attribute "$report" disabled)
  local passed=$((total - skipped - disabled))
  counts+=("$name $passed")
  [ "$((skipped + disabled))" -eq 0 ] || counts[-1]+=" and $((skipped + disabled)) skipped"
}

scripts/check.sh
scripts/build.sh asan
run_tests asan asan
scripts/build.sh tsan
run_tests tsan tsan
# The programs alone: the unit tests have run already.
scripts/build.sh release sextant-server sextant sextant-simulator
# Skipped where there are no recorded traces; the last line then says so.
run_tests release replay -L replay

list=$(printf ', %s' "${counts[@]}")
printf 'make test: all passed (%s) in %d:%02d\n' "${list:2}" $((SECONDS / 60)) $((SECONDS % 60))
