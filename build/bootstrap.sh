#!/usr/bin/env bash
# Brings a checkout to where Ramet runs: Debian packages, Node 24, npm packages, native parts, guest kit.
# Safe to run again; what is there already is left alone. --test adds what only the tests need.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

runtime_packages=(
  qemu-system-x86 qemu-utils libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients libvirt-dev
  skopeo e2fsprogs tini kmod cpio zstd xz-utils bzip2 busybox-static
  g++ make pkg-config musl-tools
)
test_packages=(chromium desktop-file-utils docker-registry redis-tools erofs-utils mmdebstrap curl git xz-utils python3 docker-compose)
[ "${1:-}" = --test ] && runtime_packages+=("${test_packages[@]}")

say() { printf 'bootstrap: %s\n' "$*" >&2; }
trap 'say "interrupted; run again, it goes on from what is there"; exit 130' INT
fail() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "these packages are missing and need root to install: ${missing[*]}. Install them, then run this again"
  fi
}

install_packages() {
  command -v dpkg-query >/dev/null || fail 'this script knows Debian and its kin; install the packages that it names by hand'
  local installed
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${runtime_packages[@]}" 2>/dev/null || true)
  missing=()
  for package in "${runtime_packages[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# For root libvirt looks this user up before it reads that it shall not use it. Debian's libvirt-daemon-system makes
# it too, and brings a system daemon that Ramet does not need.
make_libvirt_user() {
  [ "$(id -u)" != 0 ] || getent passwd libvirt-qemu >/dev/null && return
  say 'adding the system user libvirt-qemu'
  useradd --system --user-group --home-dir /var/lib/libvirt --no-create-home --shell /usr/sbin/nologin libvirt-qemu
}

install_node() {
  build/node -e 0 2>/dev/null && return
  command -v npm >/dev/null || fail 'npm is missing: install Node.js with npm (Debian: apt-get install npm), then run this again'
  say 'installing Node 24 into .toolchain (the system has none that new)'
  npm install --prefix .toolchain --no-package-lock --no-audit --no-fund --silent node@24 >&2
  build/node -e 0
}

install_modules() {
  local lock
  lock=$(sha256sum package-lock.json)
  [ "$(cat node_modules/.ramet-lock 2>/dev/null)" = "$lock" ] && return
  say 'installing npm packages'
  npm ci --no-audit --no-fund --silent >&2
  printf '%s' "$lock" > node_modules/.ramet-lock
}

build_native() {
  local part
  for part in libvirt memory guard switch; do
    make -qs --no-print-directory -C "native/$part" 2>/dev/null && continue
    say "compiling native/$part"
    make -s -C "native/$part"
  done
}

# Tests drive Docker's own command line. Its package before Debian 13 holds the daemon too, which must not start here, so
# that the command alone is unpacked.
unpack_docker_cli() {
  PATH=$PATH:$PWD/.toolchain/bin command -v docker >/dev/null && return
  say "unpacking Docker's command line into .toolchain"
  local folder package=docker.io
  apt-cache show docker-cli >/dev/null 2>&1 && package=docker-cli
  folder=$(mktemp -d)
  (cd "$folder" && apt-get download -qq "$package" 2>/dev/null && dpkg-deb -x "$package"_*.deb .) || true
  [ ! -x "$folder/usr/bin/docker" ] || install -D -t .toolchain/bin "$folder/usr/bin/docker"
  rm -r "$folder"
  [ -x .toolchain/bin/docker ] || say "could not download Debian's package $package: tests of Docker's command line will be skipped"
}

# The window, for Electron and for `ramet gui --browser`.
build_renderer() {
  [ -e renderer/dist/index.html ] \
    && [ -z "$(find renderer contract package-lock.json -path renderer/dist -prune -o -newer renderer/dist/index.html -type f -print -quit)" ] \
    && return
  say 'building the window'
  build/node node_modules/vite/bin/vite.js build --logLevel warn renderer >&2
}

bundle_engine() {
  local bundle=.build/engine/main.js
  [ -f $bundle ] && [ -z "$(find engine contract native/libvirt native/memory native/guard native/switch build package-lock.json -newer $bundle -type f \
    \( -name '*.ts' -o -name '*.json' -o -name '*.node' -o -name '*.so' -o -name version \) -print -quit)" ] && return
  build/node build/bundle-engine.ts
}

install_packages
make_libvirt_user
install_node
install_modules
build_native
bundle_engine
native/guest/kit.sh
build_renderer
[ "${1:-}" != --test ] || unpack_docker_cli
