# shellcheck shell=bash
# Containers without a Docker engine, for system tests; source it after checks.sh.
#   container_tools       installs buildah, podman and docker-compose and points them at a store of the tests' own, or skips
#   base_image            makes $base, Debian 12 as debootstrap lays it out; kept for the next run
#   release_store         lets go of the store; the test's clean_up, where it defines none of its own
#   container_service     starts podman's API and sets DOCKER_HOST
# Public images cannot be pulled everywhere, so nothing is: what Compose names is built under its name.
store=${SEXTANT_CONTAINERS:-/var/tmp/sextant-containers}
base=localhost/debian:bookworm-slim

# Containers that are restarted again and again escape docker-compose; the store has none but those of the tests.
release_store() {
  podman rm --all --force --time 1 >/dev/null 2>&1 || true
  umount "$store/overlay/overlay" 2>/dev/null || true
}
clean_up() { release_store; }

container_tools() {
  [ "$(id -u)" -eq 0 ] || skip "containers of tests need root"
  command -v apt-get >/dev/null || skip "there is no apt here to install podman with"
  local package missing=()
  for package in podman buildah runc netavark aardvark-dns iptables debootstrap docker-compose; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o DPkg::Lock::Timeout=600 "${missing[@]}"; } >"$work/apt.log" 2>&1 ||
      skip "apt cannot install ${missing[*]}: $(tail -n 1 "$work/apt.log")"
  fi
  mkdir -p "$store"
  local driver=vfs
  # Much faster, where the kernel and the file system take part.
  mkdir -p "$work/overlay"/{lower,upper,work,merged}
  if mount -t overlay overlay -o "lowerdir=$work/overlay/lower,upperdir=$work/overlay/upper,workdir=$work/overlay/work" \
    "$work/overlay/merged" 2>/dev/null; then
    umount "$work/overlay/merged"
    driver=overlay
  fi
  cat >"$work/storage.conf" <<END
[storage]
driver = "$driver"
graphroot = "$store/$driver"
runroot = "$work/run"
END
  # No systemd to ask for control groups or a journal; the machine's own limits may be lower than podman's.
  cat >"$work/containers.conf" <<END
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
END
  export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf BUILDAH_ISOLATION=chroot
  # Of a run that was killed.
  podman rm --all --force --time 1 >/dev/null 2>&1 || true
}

base_image() {
  podman image exists "$base" && return
  local mirror
  mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian|Debian|//p' | head -n 1)
  [ -n "$mirror" ] || skip "apt knows no Debian mirror"
  echo "laying out Debian 12 in $store (once)"
  rm -rf --one-file-system "$store/root"
  debootstrap --variant=minbase bookworm "$store/root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "$work/debootstrap.log")"
  rm -rf "$store/root/var/cache/apt/archives" "$store/root/var/lib/apt/lists"
  mkdir -p "$store/root/var/cache/apt/archives/partial" "$store/root/var/lib/apt/lists/partial"
  # A mirror may be a frozen copy, whose Release files are past their date.
  echo 'Acquire::Check-Valid-Until "false";' >"$store/root/etc/apt/apt.conf.d/99frozen-mirror"
  tar -C "$store/root" -c . | podman import - "$base" >/dev/null 2>&1
  rm -rf --one-file-system "$store/root"
}

container_service() {
  start "$work/podman.log" podman system service --time=0 "unix://$work/podman.sock"
  wait_until 20 test -S "$work/podman.sock" || fail "podman's API does not start: $(tail -n 3 "$work/podman.log")"
  export DOCKER_HOST=unix://$work/podman.sock
}
