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
[[ $(cat "$folder/ports.pid") =~ ^[0-9]+$ ]] || { echo 'guard: it does not say where it is' >&2; exit 1; }
echo 'guard: the library holds in a program'
