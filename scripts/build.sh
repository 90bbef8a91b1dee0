#!/usr/bin/env bash
# Configures and builds one CMake preset, with progress: on a terminal Ninja's own line, elsewhere a
# line for each tenth. Programs end up in build/PRESET/bin.
#
# Usage: build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:?usage: build.sh PRESET [TARGET...]}
shift
targets=()
[ $# -eq 0 ] || targets=(--target "$@")

# Passes on what is not progress (warnings, errors) and of Ninja's `[done/total] what` one in ten.
tenths() {
  local line shown=-1
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
      local tenth=$((BASH_REMATCH[1] * 10 / BASH_REMATCH[2]))
      [ "$tenth" -eq "$shown" ] || echo "build $preset: ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
      shown=$tenth
    elif [[ $line != "ninja: no work to do." ]]; then
      echo "$line"
    fi
  done
}

start=$SECONDS
if ! configured=$(cmake --preset "$preset" 2>&1); then
  printf '%s\n' "$configured" >&2
  echo "build $preset: cmake could not configure; the reason is above" >&2
  exit 1
fi
if [ -t 1 ]; then
  cmake --build --preset "$preset" "${targets[@]}"
else
  cmake --build --preset "$preset" "${targets[@]}" 2>&1 | tenths
fi
echo "build $preset: done in $((SECONDS - start)) s"
