#!/usr/bin/env bash
# Runs the tests with real servers: each tests/system/test_*.sh, or those that are named. A test exits
# 0 when it passed, 77 when it cannot run here (and says why), anything else when it failed.
#
# Usage: run.sh [NAME...]      run.sh drain llama
# Environment: SEXTANT_BIN     a folder with the three programs; build/release/bin by default.
set -uo pipefail
cd "$(dirname "$0")/../.."

tests=(tests/system/test_*.sh)
[ $# -eq 0 ] || tests=("${@/#/tests/system/test_}") tests=("${tests[@]/%/.sh}")
passed=0 failed=0 skipped=0
for test in "${tests[@]}"; do
  name=$(basename "$test" .sh)
  begin=$SECONDS
  # A log file would hide a test that hangs; what it says is shown as it comes.
  bash "$test"
  code=$?
  case $code in
    0) outcome=passed passed=$((passed + 1)) ;;
    77) outcome=skipped skipped=$((skipped + 1)) ;;
    *) outcome="FAILED with exit code $code" failed=$((failed + 1)) ;;
  esac
  echo "$name: $outcome, $((SECONDS - begin)) s"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
