#!/usr/bin/env bash
# Runs the binding's unit tests with the binding compiled with AddressSanitizer. Arguments go to vitest.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
make -s -C "$here" ASAN=1

# index.ts loads what lies beside it, so the tests run in a copy in which that is the other build.
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
mkdir -p "$copy/native/libvirt/out"
cp "$here"/*.ts "$copy/native/libvirt/"
cp "$here/out/asan/libvirt.node" "$copy/native/libvirt/out/"
cp "$root/vitest.config.ts" "$root/package.json" "$copy/"
ln -s "$root/node_modules" "$copy/node_modules"

# libtirpc comes along because the sanitizer looks for the functions that it wraps once, at the start, and calls null
# where the library came later.
tirpc=$(ldd "$(ldconfig -p | awk '/libvirt\.so\.0 .*x86-64/ { print $NF; exit }')" | awk '/libtirpc/ { print $3 }')
export LD_PRELOAD="$(gcc -print-file-name=libasan.so) $tirpc"
# The sanitizer of GCC 12 misreads where threads have their dynamic TLS, and its own leak check crashes on that.
export ASAN_OPTIONS=detect_leaks=1:intercept_tls_get_addr=0
export LSAN_OPTIONS="print_suppressions=0:suppressions=$here/asan-suppressions.txt"
# Without threads to give there is none for the leak check either: that test is left out.
node=$(env -u LD_PRELOAD "$root/build/node" -p process.execPath)
cd "$copy"
"$node" node_modules/vitest/vitest.mjs run --project unit \
  -t '^(?!a machine without threads)' "$@"
