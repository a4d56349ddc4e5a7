#!/usr/bin/env bash
# systemd.sh: tests the scopes of systemd (engine/hypervisor/systemd-scope.ts) where it is the first process: in a VM with
# Debian 12's systemd and kernel, once with root's manager, once with an ordinary user's.
# The release's folder is made once; remove ${XDG_CACHE_HOME:-~/.cache}/ramet/matrix/systemd to make it anew.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cd "$here/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ramet/matrix
root=$cache/systemd
fail() { echo "matrix: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail 'run this as root: it needs chroot and mounts'

packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,linux-image-cloud-amd64,udev,util-linux,kmod,procps
stamp="bookworm $packages"
if [ "$(cat "$root.stamp" 2>/dev/null)" != "$stamp" ]; then
  command -v mmdebstrap >/dev/null || fail 'mmdebstrap is missing; install it (apt-get install mmdebstrap)'
  # The machine's own mirror: of the index targets that apt knows, the first that is Debian's own archive.
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null |
    sed -n 's/^Debian Debian \(.*[^/]\)\/\{0,1\}$/\1/p' | head -n 1)
  [ -n "$mirror" ] || fail "apt knows no Debian mirror (has 'apt-get update' run?); add one to its sources"
  echo "matrix: making a folder with systemd of Debian bookworm from $mirror" >&2
  mkdir -p "$cache"
  rm -rf --one-file-system "$root" "$root.stamp"
  mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$packages" bookworm "$root" "$mirror" >&2
  printf '%s' "$stamp" >"$root.stamp"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/ramet-systemd.XXXXXX")
trap 'rm -rf "$work"' EXIT
code=$work/code
mkdir -p "$code"/engine/hypervisor "$code/tests/matrix" "$work/top/"{etc/systemd/system,var/lib/systemd/linger,home/ramet,ramet}
cp -r contract "$code"
cp engine/hypervisor/{host-share,systemd-scope}.ts "$code/engine/hypervisor"
cp tests/matrix/systemd-scopes.ts "$code/tests/matrix"
cp package.json "$code"
cp "$(build/node -p process.execPath)" "$code/node"

# On top of the release: a user whose manager runs from the start, and one unit, after which the machine goes off.
top=$work/top
for file in passwd group shadow; do cp "$root/etc/$file" "$top/etc/$file"; done
echo 'ramet:x:1000:1000::/home/ramet:/bin/sh' >>"$top/etc/passwd"
echo 'ramet:x:1000:' >>"$top/etc/group"
echo 'ramet:*:19000:0:99999:7:::' >>"$top/etc/shadow"
: >"$top/var/lib/systemd/linger/ramet"
echo '/dev/vda / ext4 defaults 0 0' >"$top/etc/fstab"
echo '/dev/vdb /ramet ext4 ro 0 0' >>"$top/etc/fstab"
cat >"$top/etc/systemd/system/ramet.target" <<'UNIT'
[Unit]
Requires=ramet.service
UNIT
cat >"$top/etc/systemd/system/ramet.service" <<'UNIT'
[Unit]
Description=The scopes' test
Requires=multi-user.target
After=multi-user.target user@1000.service
Wants=user@1000.service
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
StandardOutput=file:/dev/ttyS1
StandardError=inherit
ExecStart=-/ramet/node --test --test-reporter=spec /ramet/tests/matrix/systemd-scopes.ts
ExecStart=setpriv --reuid=1000 --regid=1000 --init-groups env HOME=/home/ramet XDG_RUNTIME_DIR=/run/user/1000 /ramet/node --test --test-reporter=spec /ramet/tests/matrix/systemd-scopes.ts
ExecStart=echo all passed
TimeoutStartSec=900
UNIT
mkdir "$work/tree"
cp -a "$root/." "$work/tree/"
cp -r "$top/." "$work/tree/"
chown -R 1000:1000 "$work/tree/home/ramet"
rm -rf "$work/tree/var/cache/apt" "$work/tree/var/lib/apt/lists" "$work/tree/usr/share/doc"
mkfs.ext4 -q -d "$work/tree" "$work/root.img" 1G >/dev/null
mkfs.ext4 -q -d "$code" "$work/code.img" 400M >/dev/null

kernel=$(echo "$root"/boot/vmlinuz-*)
initrd=$(echo "$root"/boot/initrd.img-*)
echo "matrix: booting systemd $(chroot "$root" dpkg-query -W -f '${Version}' systemd)" >&2
# Emulated: a /dev/kvm that is there need not boot anything. -no-reboot: a kernel that panics ends it.
timeout 1200 qemu-system-x86_64 -nodefaults -display none -no-reboot -machine q35,accel=tcg -cpu max -smp 2 -m 1024 \
  -kernel "$kernel" -initrd "$initrd" \
  -append 'root=/dev/vda rw console=ttyS0 panic=-1 systemd.unit=ramet.target systemd.show_status=false quiet' \
  -drive "file=$work/root.img,format=raw,if=virtio,cache=unsafe" -drive "file=$work/code.img,format=raw,if=virtio,readonly=on" \
  -serial "file:$work/console" -serial "file:$work/result" || true
cat "$work/result"
if ! grep -q '^all passed' "$work/result"; then
  tail -n 40 "$work/console" >&2
  fail 'systemd: FAILED'
fi
echo 'matrix: systemd: passed'
