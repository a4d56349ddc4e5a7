#!/usr/bin/env bash
# run.sh [SUITE…] [FILE…]: runs the integration suite with QEMU and libvirt of other Debian releases (trixie, sid), after a
# live check of the migration stream splitter on each. One result line a release; fails where one of them fails.
# FILE is part of a test file's name (containers, cli, …): only such files are run then.
# The checkout's own build is used: libvirt's ABI is stable, and the native parts are made on the oldest release.
set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
cd "$here/../.." || exit 1
suites=()
files=()
for argument; do
  case $argument in trixie | sid) suites+=("$argument") ;; *) files+=("tests/integration/$argument") ;; esac
done
[ ${#suites[@]} -gt 0 ] || suites=(trixie sid)

# In the cache, because the other releases see only that and the checkout.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ramet
mkdir -p "$cache"
work=$(mktemp -d "$cache/matrix-run.XXXXXX")
trap 'rm -rf "$work"' EXIT
child=
trap 'kill "$child" 2>/dev/null; wait; exit 130' INT TERM
# In the background, so that a signal ends the wait, and with it the release.
in_release() {
  tests/matrix/enter.sh "$@" <&0 &
  child=$!
  wait "$child"
}
as --32 -o "$work/guest.o" tests/matrix/guest.S && objcopy -O binary -j .text "$work/guest.o" "$work/guest.bin" || exit 1

failed=0
results=()
for suite in "${suites[@]}"; do
  if ! tests/matrix/make-root.sh "$suite" >/dev/null; then
    results+=("$suite: FAILED: its folder could not be made")
    failed=1
    continue
  fi
  # shellcheck disable=SC2016
  versions=$(tests/matrix/enter.sh "$suite" sh -c '
    printf "QEMU %s, libvirt %s" "$(qemu-system-x86_64 --version | sed -n "1s/.*version \([^ ]*\).*/\1/p")" "$(virsh --version)"')
  echo "matrix: $suite ($versions)"
  started=$SECONDS
  outcome=passed
  in_release "$suite" build/node tests/matrix/record-streams.ts "$work/guest.bin" || outcome='FAILED (splitter)'
  if [ "$outcome" = passed ]; then
    in_release "$suite" build/node node_modules/vitest/vitest.mjs run --project 'integration*' "${files[@]}" ||
      outcome='FAILED (integration suite)'
  fi
  [ "$outcome" = passed ] || failed=1
  results+=("$suite ($versions): $outcome, $((SECONDS - started)) s")
done
printf 'matrix: %s\n' "${results[@]}"
exit $failed
