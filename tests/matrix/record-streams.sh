#!/usr/bin/env bash
# record-streams.sh [--check]: checks the stream splitter, live, on this machine's QEMU and on those of Debian trixie and
# sid, and records a stream of each for the splitter's unit tests. --check records nothing. Needs root, and binutils.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
checkout=$(readlink -f "$here/../..")
vectors=$checkout/engine/templates/stream/vectors
[ "${1:-}" = --check ] && vectors=
# In the cache, because the other releases see only that and the checkout.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ramet
mkdir -p "$cache"
work=$(mktemp -d "$cache/record.XXXXXX")
trap 'rm -rf "$work"' EXIT
as --32 -o "$work/guest.o" "$here/guest.S"
objcopy -O binary -j .text "$work/guest.o" "$work/guest.bin"

cd "$checkout"
record=(build/node tests/matrix/record-streams.ts "$work/guest.bin" ${vectors:+"$vectors"})
"${record[@]}"
for suite in trixie sid; do "$here/enter.sh" "$suite" "${record[@]}"; done
