#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing Sextant needs. Idempotent: it asks apt
# only for what is missing, and returns at once when nothing is.
set -euo pipefail

packages=(
  # Toolchain
  g++ cmake ninja-build ccache pkg-config clang-format-14 clang-tidy-14
  # Server
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev
  prometheus-cpp-dev libyaml-cpp-dev libcurl4-openssl-dev libsimdjson-dev libre2-dev libgmp-dev
  nlohmann-json3-dev libssl-dev zlib1g-dev
  # Command line and simulator
  libcli11-dev libboost1.81-dev
  # Tests
  libgtest-dev libgmock-dev python3 curl
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "install-deps: no apt-get here; install by other means: ${missing[*]}" >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-deps: run as root, or install sudo; missing: ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  -o DPkg::Lock::Timeout=600 "${missing[@]}" >/dev/null
