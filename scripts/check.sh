#!/usr/bin/env bash
# Checks the sources without running them: layout and lints, and with --tidy also clang-tidy.
#
# Usage: check.sh [--tidy]
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-}
case $mode in
  "" | --tidy) ;;
  *) echo "check: unknown argument $mode, expected nothing or --tidy" >&2; exit 2 ;;
esac
mapfile -t sources < <(scripts/sources.sh)
[ ${#sources[@]} -gt 0 ] || { echo "check: found no sources" >&2; exit 1; }

clang-format-14 --dry-run --Werror "${sources[@]}" || {
  echo "check: the layout differs; run make format" >&2
  exit 1
}
python3 scripts/lint_sources.py --self-test
python3 scripts/lint_sources.py "${sources[@]}"
echo "check: layout and lints of ${#sources[@]} files are fine"
[ "$mode" = --tidy ] || exit 0

# clang-tidy reads the compile commands (of g++, some of whose warnings it does not know) and the generated
# headers of the dev preset.
scripts/build.sh dev sextant_proto sextant_grpc
# Tests are left out: they would double the time.
mapfile -t units < <(printf '%s\n' "${sources[@]}" | grep '\.cc$' | grep -v '^tests/')
start=$SECONDS
# The number of suppressed warnings, of system headers, is of no interest.
if ! printf '%s\n' "${units[@]}" |
    xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option 2> >(grep -v ' warnings generated\.$' >&2); then
  echo "check: clang-tidy has findings; they are above" >&2
  exit 1
fi
echo "check: clang-tidy is fine with ${#units[@]} files, in $((SECONDS - start)) s"
