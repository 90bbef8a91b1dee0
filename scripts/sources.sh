#!/usr/bin/env bash
# Lists the C++ files of this repository, one a line: what the layout and the lints apply to.
set -euo pipefail
cd "$(dirname "$0")/.."
find server client simulator tests -name '*.cc' -o -name '*.h' | LC_ALL=C sort
