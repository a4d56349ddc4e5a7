#!/bin/bash
# The library in a program: what it reaches without, and what with it.
set -eu
cd "$(dirname "$0")/../out"
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
expect() {
  local got
  got=$(eval "$2")
  [ "$got" = "$1" ] || { echo "guard: reached '$got' in place of '$1'" >&2; exit 1; }
}
expect 'named other none unasked answer another'"'"'s-answer unix ' './program'
expect 'answer unix ' 'LD_PRELOAD=$PWD/guard.so ./program'
expect 'named answer unix ' 'RAMET_GUARD=$folder/ports LD_PRELOAD=$PWD/guard.so ./program $folder/ports'
[ "$(od -An -tu8 -N8 "$folder/ports.state")" -gt 1 ] || { echo 'guard: it does not say where it is' >&2; exit 1; }
holds() {
  local sent got woken sent_counted got_counted
  read -r sent got woken sent_counted got_counted < <(RAMET_GUARD=$folder/rate LD_PRELOAD=$PWD/guard.so ./rate "$folder/rate" "$1")
  echo "guard: at $1 bits a second $sent % sent, $got % received, woken $woken times; counted $sent_counted %, $got_counted %"
  for each in "$sent" "$got"; do [ "$each" -gt 60 ] && [ "$each" -lt 110 ] || exit 1; done
  [ "$woken" -lt 400 ] && [ "$sent" = "$sent_counted" ] && [ "$got" = "$got_counted" ] || exit 1
}
holds 20000000
holds 1000000
echo 'guard: the library holds in a program'
