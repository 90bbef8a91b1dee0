#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing Sextant needs. Idempotent: it asks apt
# only for what is missing, and returns at once when nothing is.
#
# Usage: install-deps.sh [--build-only | --arm64 | --print-libraries]
#   --build-only  only what compiling takes: no linters, no tools of tests and demo.
#   --arm64       also what scripts/arm64.sh takes.
#   --print-libraries  installs nothing: names the libraries that programs and tests are built with.
set -euo pipefail

toolchain=(g++ cmake ninja-build pkg-config)
libraries=(
  # Server
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev
  prometheus-cpp-dev libyaml-cpp-dev libcurl4-openssl-dev libsimdjson-dev libre2-dev libgmp-dev
  libflint-dev libflint-arb-dev libjemalloc-dev nlohmann-json3-dev libssl-dev zlib1g-dev
  # Command line and simulator
  libcli11-dev libboost1.81-dev
  # Tests are configured with everything else
  libgtest-dev libgmock-dev
)
check_packages=(
  # Faster rebuilds, layout, lints
  ccache clang-format-14 clang-tidy-14
  # Fuzz targets
  clang-14 libclang-rt-14-dev
  # Tests, demo, benchmarks
  python3 curl jq valgrind
)

packages=("${toolchain[@]}" "${libraries[@]}")
case ${1:-} in
  "") packages+=("${check_packages[@]}") ;;
  --build-only) ;;
  --print-libraries) echo "${libraries[*]}"; exit ;;
  --arm64) packages+=("${check_packages[@]}" g++-aarch64-linux-gnu qemu-user) ;;
  *) echo "install-deps: unknown argument $1, expected nothing, --build-only, --arm64 or --print-libraries" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "install-deps: no apt here, Debian 12 is expected; install by other means: ${packages[*]}" >&2
  exit 1
fi
# dpkg-query fails when it does not know a package at all; that is an answer, not an error.
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install-deps: run as root, or install sudo; missing: ${missing[*]}" >&2
    exit 1
  }
  sudo=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  -o DPkg::Lock::Timeout=600 "${missing[@]}" >/dev/null
