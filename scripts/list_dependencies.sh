#!/usr/bin/env bash
# The Debian packages whose libraries the programs load directly, with their versions. With --check it fails unless
# docs/dependencies.md names the same packages.
#
# Usage: list_dependencies.sh [--check] PROGRAM...
set -euo pipefail
cd "$(dirname "$0")/.."

mode=
[ "${1:-}" != --check ] || { mode=check; shift; }
[ $# -gt 0 ] || { echo "usage: list_dependencies.sh [--check] PROGRAM..." >&2; exit 2; }

packages() {
  local library path
  for library in $(readelf -d "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u); do
    path=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
    [ -n "$path" ] || { echo "list_dependencies: ldconfig does not know $library" >&2; return 1; }
    path=$(realpath "$path")
    # Some packages name the file as it was before /lib became a link to /usr/lib.
    dpkg -S "$path" 2>/dev/null || dpkg -S "${path#/usr}"
  done | cut -d : -f 1 | sort -u
}

found=$(packages "$@")
if [ -z "$mode" ]; then
  for package in $found; do dpkg-query -W -f '${Package} ${Version}\n' "$package"; done
  exit
fi
listed=$(sed -n 's/^| `\(lib[^`]*\|zlib1g\)` |.*/\1/p' docs/dependencies.md | sort -u)
diff <(echo "$listed") <(echo "$found") ||
  { echo "list_dependencies: docs/dependencies.md (<) does not name what the programs load (>)" >&2; exit 1; }
echo "docs/dependencies.md names the $(echo "$found" | wc -l) packages that the programs load"
