#!/usr/bin/env bash
# A short soak; `make soak` is a long one.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec scripts/soak.sh 60
