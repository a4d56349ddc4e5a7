#!/usr/bin/env bash
# Builds the guest kit: the distribution's kernel, the modules that a VM needs, and the agent as /init.
# The result lies in the cache under the digest of all that went into it; native/guest/out/kit points there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

cache=${RAMET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ramet}/kits
# In the order of their need; what these depend on comes along.
modules=(virtio_pci virtio_console virtio_blk virtio_net virtio_pmem nd_pmem virtio_rng
  erofs ext4 overlay 9pnet_virtio 9p unix af_packet fuse tun tcp_diag)
# The room for the image lies above 4 GiB, for which the kernel would set aside 64 MiB to copy through.
# Unchecked: on a busy machine an emulated timer may not tick while the kernel looks whether it does, and that is its end.
# Expedited: with its one or two CPUs a guest would do little else than wait for grace periods as a container starts.
cmdline='console=ttyS0 loglevel=4 panic=-1 cgroup_no_v1=all i8042.nokbd i8042.noaux audit=0 swiotlb=noforce no_timer_check rcupdate.rcu_expedited=1'

say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

key=$(cat kit.sh Makefile src/*.c src/*.h | sha256sum | cut -c1-16)
kit=$cache/$key
mkdir -p out

publish() {
  ln -sfn "$kit" out/kit.new
  mv -T out/kit.new out/kit
}

if [ -f "$kit/kit.json" ]; then
  [ "$(readlink out/kit)" = "$kit" ] || publish
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/ramet-kit.XXXXXX")
trap 'rm -rf "$work"' EXIT

say 'compiling native/guest'
make -s

# linux-image-amd64 is a name for the newest; its one dependency is the package itself.
kernel_package() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1; }
package=$(kernel_package)
if [ -z "$package" ] && [ "$(id -u)" = 0 ]; then apt-get update -qq; package=$(kernel_package); fi
[ -n "$package" ] || fail "the package lists know no linux-image-amd64; run 'apt-get update' as root, then this again"
say "fetching $package for the guest kit (it is unpacked, not installed)"
(cd "$work" && apt-get download -qq "$package" 2>apt.log) || fail "cannot fetch $package: $(tail -1 "$work/apt.log")"
dpkg-deb --extract "$work"/*.deb "$work/package"

image=$(echo "$work"/package/boot/vmlinuz-*)
version=${image##*/vmlinuz-}
# From Debian 13 on modules lie under /usr, where depmod looks only through the link.
[ -d "$work/package/lib/modules" ] || ln -s usr/lib "$work/package/lib"
depmod --basedir "$work/package" "$version"

root=$work/root
mkdir -p "$root"/{modules,proc,sys,dev,run,image,disk,root}
cp out/agent "$root/init"
number=100
for module in "${modules[@]}"; do
  # A module that this kernel has built in has no file.
  for file in $(modprobe --dirname "$work/package" --set-version "$version" --show-depends "$module" 2>/dev/null |
    sed -n 's/^insmod \([^ ]*\).*/\1/p'); do
    name=$(basename "$file")
    compgen -G "$root/modules/*-${name%%.*}.ko" >/dev/null && continue
    target=$root/modules/$((number++))-${name%%.*}.ko
    case $file in
      *.xz) xz -dc "$file" >"$target" ;;
      *.zst) zstd -qdc "$file" >"$target" ;;
      *) cp "$file" "$target" ;;
    esac
  done
done

mkdir -p "$cache"
new=$(mktemp -d "$cache/.building.XXXXXX")
trap 'rm -rf "$work" "$new"' EXIT
# Equal input gives an equal initrd: no times, no owners, one order.
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . -print0 | LC_ALL=C sort -z |
  cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) >"$new/initrd"
cp "$image" "$new/vmlinuz"
# Enough for QEMU to take it for a kernel: its header, and the most sectors of set-up code that one can have.
head -c 65536 "$image" >"$new/vmlinuz-head"
id=$(cat "$new/vmlinuz" "$new/initrd" <(printf %s "$cmdline") | sha256sum | cut -d' ' -f1)
printf '{"id": "%s", "kernel": "%s", "cmdline": "%s"}\n' "$id" "$version" "$cmdline" >"$new/kit.json"
chmod -R a+rX "$new"
sync "$new"/*
rm -rf "$kit"
mv -T "$new" "$kit"
publish
say "guest kit: kernel $version, initrd $(($(stat -c %s "$kit/initrd") / 1024)) KiB"
