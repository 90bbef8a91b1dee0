#!/usr/bin/env bash
# A real OpenAI-compatible model server for tests: llama.cpp from a later Debian, in a folder of its
# own (chroot), with a small model of random weights. Needs root and a Debian mirror; the first setup
# takes about a minute and 0.5 GB.
#
# Usage: llama-server.sh setup           installs; exits 77 with the reason where it cannot
#        llama-server.sh run PORT NAME   runs it in the foreground; NAME is tiny (thousands of tokens a
#                                        second) or slow (about a hundred, to cancel streams in the middle)
#        llama-server.sh purge           removes the folder
# Environment: LLAMA_ROOT (the folder), LLAMA_SUITE (forky).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${LLAMA_ROOT:-/var/tmp/sextant-llama}
suite=${LLAMA_SUITE:-forky}

cannot() {
  echo "llama-server: $*" >&2
  exit 77
}

# The first mirror of Debian itself that apt is set up with.
mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^Debian|Debian|//p' | head -n 1
}

install_debian() {
  local uri
  uri=$(mirror)
  [ -n "$uri" ] || cannot "apt knows no Debian mirror"
  if ! command -v debootstrap >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o DPkg::Lock::Timeout=600 debootstrap >/dev/null || cannot "debootstrap cannot be installed"
  fi
  echo "llama-server: installing llama.cpp of Debian $suite into $root (once)"
  rm -rf --one-file-system "$root"
  # This debootstrap may be older than the suite; sid's script fits every later one.
  debootstrap --variant=minbase "$suite" "$root" "$uri" /usr/share/debootstrap/scripts/sid >"$root.log" 2>&1 ||
    cannot "debootstrap failed: $(tail -n 1 "$root.log")"
  # A mirror may be a frozen copy, whose Release files are past their date.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99frozen-mirror"
  { chroot "$root" apt-get update -qq && chroot "$root" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends llama.cpp-tools python3-gguf; } >>"$root.log" 2>&1 ||
    cannot "llama.cpp cannot be installed: $(tail -n 1 "$root.log")"
  chroot "$root" apt-get clean
}

setup() {
  [ "$(id -u)" -eq 0 ] || cannot "a chroot needs root"
  command -v apt-get >/dev/null || cannot "there is no apt here"
  [ -e "$root/.installed" ] || install_debian
  mkdir -p "$root/opt/models"
  cp "$here/make_tiny_gguf.py" "$root/opt/models/"
  chroot "$root" python3 /opt/models/make_tiny_gguf.py /opt/models/tiny.gguf
  chroot "$root" python3 /opt/models/make_tiny_gguf.py /opt/models/slow.gguf \
    --layers 8 --embedding 512 --heads 8 --feed-forward 2048 --end 0.6
  # Last, so that a setup that was interrupted starts over.
  touch "$root/.installed"
}

# In a mount namespace of its own: /proc is unmounted when the server ends, however it ends.
run() {
  local port=$1 model=$2
  # One thread: several that spin starve each other on a small machine.
  exec unshare --mount --propagation private bash -c \
    'mount -t proc proc "$0/proc" && exec chroot "$0" llama-server "$@"' "$root" \
    -m "/opt/models/$model.gguf" --alias "$model" --host 127.0.0.1 --port "$port" \
    -np 8 -c 16384 -t 1 --no-warmup --slots --metrics
}

case ${1:-} in
  setup) setup ;;
  run) run "${2:?PORT}" "${3:?tiny or slow}" ;;
  purge) rm -rf --one-file-system "$root" "$root.log" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
