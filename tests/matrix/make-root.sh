#!/usr/bin/env bash
# make-root.sh SUITE: makes a folder with that Debian release and what the integration suite needs of it, once;
# prints its path. Kept under ${XDG_CACHE_HOME:-~/.cache}/ramet/matrix/SUITE; remove the folder to make it anew.
set -euo pipefail

suite=$1
case $suite in trixie | sid) ;; *) echo "matrix: unknown release '$suite'; known: trixie, sid" >&2; exit 2 ;; esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ramet/matrix
root=$cache/$suite

packages=(
  qemu-system-x86 qemu-utils libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients libvirt0
  skopeo e2fsprogs tini kmod cpio zstd xz-utils busybox-static erofs-utils docker-registry redis-tools
  ca-certificates curl git procps iproute2 attr passwd util-linux util-linux-extra file
  docker-cli python3
  musl-tools binutils linux-libc-dev
)
# The folder names what it was made from, so that a longer list makes a new one.
stamp="$suite $(printf '%s\n' "${packages[@]}" | sort | sha256sum | cut -c1-16)"
if [ "$(cat "$root.stamp" 2>/dev/null)" = "$stamp" ]; then echo "$root"; exit; fi

if [ "$(id -u)" != 0 ]; then echo 'matrix: run this as root: it needs chroot and mounts' >&2; exit 1; fi
if ! command -v mmdebstrap >/dev/null; then
  echo 'matrix: mmdebstrap is missing; install it (apt-get install mmdebstrap)' >&2
  exit 1
fi

# The machine's own mirror: of the index targets that apt knows, the first that is Debian's own archive.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null |
  sed -n 's/^Debian Debian \(.*[^/]\)\/\{0,1\}$/\1/p' | head -n 1)
if [ -z "$mirror" ]; then
  echo "matrix: apt knows no Debian mirror (has 'apt-get update' run?); add one to its sources" >&2
  exit 1
fi

mkdir -p "$cache"
exec 9>"$cache/$suite.lock"
flock 9
if [ "$(cat "$root.stamp" 2>/dev/null)" = "$stamp" ]; then echo "$root"; exit; fi
echo "matrix: making a folder with Debian $suite from $mirror" >&2
rm -rf --one-file-system "$root" "$root.new" "$root.stamp"
trap 'rm -rf --one-file-system "$root.new"' EXIT
# A mirror that lags has an expired index; its signature is checked all the same, and nothing here faces users.
# The locks are kept from mmdebstrap's children, one of which might outlive this script.
mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
  --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$root.new" "$mirror" >&2 9>&-
mv "$root.new" "$root"
printf '%s' "$stamp" >"$root.stamp"
echo "$root"
