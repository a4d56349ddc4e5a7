#!/usr/bin/env bash
# enter.sh SUITE COMMAND…: runs a command in that Debian release, with this checkout and the caches at their own paths.
# In its own mount and PID namespace: when the command ends, or this script is killed, so does all that it started,
# and no mount was ever visible outside. What the command writes to the release itself is gone afterwards.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
if [ "$(id -u)" != 0 ]; then echo 'matrix: run this as root: it needs chroot and mounts' >&2; exit 1; fi
root=$("$here/make-root.sh" "$1")
shift
checkout=$(readlink -f "$here/../..")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ramet
mkdir -p "$cache"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ramet-matrix.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT
mkdir "$scratch"/{root,upper,work,tmp}
chmod 1777 "$scratch/tmp"

export RAMET_MATRIX_ROOT=$root RAMET_MATRIX_CHECKOUT=$checkout RAMET_MATRIX_CACHE=$cache RAMET_MATRIX_SCRATCH=$scratch
export RAMET_MATRIX_CWD=$PWD
# shellcheck disable=SC2016
inside='
  set -euo pipefail
  scratch=$RAMET_MATRIX_SCRATCH
  root=$scratch/root
  mount -t overlay -o "lowerdir=$RAMET_MATRIX_ROOT,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
  mount --rbind /dev "$root/dev"
  mount --rbind /sys "$root/sys"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount --bind "$scratch/tmp" "$root/tmp"
  for path in "$RAMET_MATRIX_CHECKOUT" "$RAMET_MATRIX_CACHE"; do
    mkdir -p "$root$path"
    mount --bind "$path" "$root$path"
  done
  for path in /etc/hosts /etc/resolv.conf /lib/modules /boot; do
    [ -e "$path" ] || continue
    if [ -d "$path" ]; then mkdir -p "$root$path"; else rm -f "$root$path"; : >"$root$path"; fi
    mount --bind -o ro "$path" "$root$path"
  done
  cwd=$RAMET_MATRIX_CWD
  unset RAMET_MATRIX_ROOT RAMET_MATRIX_CHECKOUT RAMET_MATRIX_CACHE RAMET_MATRIX_SCRATCH RAMET_MATRIX_CWD TMPDIR
  # tini reaps orphans, which libvirt waits for.
  exec chroot "$root" /usr/bin/tini -g -- /bin/sh -c '"'"'cd "$1" 2>/dev/null || cd /; shift; exec "$@"'"'"' sh "$cwd" "$@"
'
setpriv --pdeathsig KILL \
  unshare --mount --propagation private --pid --fork --kill-child bash -c "$inside" bash "$@" <&0 &
child=$!
trap 'kill -KILL "$child"' INT TERM
wait "$child"
