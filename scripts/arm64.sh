#!/usr/bin/env bash
# Builds everything for 64-bit ARM on an x86-64 machine and runs all tests but the replay of recorded traces under QEMU.
# Takes a quarter of an hour on two cores, and 2 GB in build/arm64-sysroot and build/arm64.
#
# Usage: arm64.sh
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh --arm64

# Debian's libraries for ARM and what they depend on, unpacked into a folder; this machine's packages stay as they are.
sysroot=$PWD/build/arm64-sysroot
read -ra libraries < <(scripts/install-deps.sh --print-libraries)
if [ ! -e "$sysroot/.complete" ]; then
  rm -rf "$sysroot"
  mkdir -p "$sysroot"/{usr/lib,usr/bin,apt/lists/partial,apt/archives/partial,apt/etc/apt.conf.d}
  # Packages name both /lib and /usr/lib, which are one on Debian 12.
  ln -s usr/lib "$sysroot/lib"
  ln -s usr/bin "$sysroot/bin"
  touch "$sysroot/apt/status"
  apt_arm64() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Install-Recommends=false \
      -o Dir::State="$sysroot/apt" -o Dir::State::status="$sysroot/apt/status" -o Dir::Cache="$sysroot/apt" \
      -o Dir::Etc::Parts="$sysroot/apt/etc/apt.conf.d" -o Debug::NoLocking=true "$@"
  }
  apt_arm64 update
  apt_arm64 -y --download-only install libc6-dev libstdc++-12-dev "${libraries[@]}"
  for package in "$sysroot"/apt/archives/*.deb; do dpkg-deb -x "$package" "$sysroot"; done
  # Links to /lib/... would lead out of the folder.
  find "$sysroot" -type l -lname '/*' -printf '%l %p\n' | while read -r target link; do ln -sfr "$sysroot$target" "$link"; done
  rm -rf "$sysroot/apt"
  touch "$sysroot/.complete"
fi

scripts/build.sh arm64
ctest --preset arm64
