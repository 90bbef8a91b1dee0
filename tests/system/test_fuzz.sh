#!/usr/bin/env bash
# A short run of the fuzz targets from their corpora; `make fuzz` is the long one.
source "$(dirname "$0")/checks.sh"

command -v clang++-14 >/dev/null || skip "clang++-14 is not installed"
scripts/fuzz.sh 100000 || fail "a fuzz target found something"
