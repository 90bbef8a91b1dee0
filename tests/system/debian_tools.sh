# shellcheck shell=bash
# Programs of Debian packages for system tests; source it after checks.sh.
#   debian_programs PACKAGE...  puts their programs on PATH, or skips the test; their files are in $tools
# Packages are unpacked, not installed: nothing is configured or started, and root is not needed. What they depend on
# has to be there, which the C library of a Debian with this project's build packages is.
tools=${SEXTANT_TOOLS:-/var/tmp/sextant-tools}

debian_programs() {
  local package
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "there is no apt here to fetch $* with"
  mkdir -p "$tools"
  for package in "$@"; do
    [ -e "$tools/$package.unpacked" ] || unpack_package "$package"
  done
  PATH=$tools/usr/bin:$tools/usr/sbin:$PATH
}

unpack_package() {
  local package=$1 folder
  folder=$(mktemp -d "$tools/download.XXXXXX")
  # A fresh machine has no lists of packages yet.
  (cd "$folder" && { apt-get download -qq "$package" || { apt-get update -qq && apt-get download -qq "$package"; }; }) \
    >"$work/apt.log" 2>&1 || { rm -rf "$folder"; skip "apt cannot fetch $package: $(tail -n 1 "$work/apt.log")"; }
  dpkg-deb -x "$folder"/*.deb "$tools"
  rm -rf "$folder"
  # Last, so that an interrupted one starts over.
  touch "$tools/$package.unpacked"
}
