#!/usr/bin/env bash
# Opens Ramet's window: in Electron where its program runs here, else in the browser, saying why. Arguments go to it.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

say() { printf 'start: %s\n' "$*" >&2; }

# Where Electron keeps its program. npm does not fetch it: that is some 120 MB, which tests and the engine do not need.
electron=node_modules/electron/dist/electron

fetch_electron() {
  [ -x "$electron" ] && return
  say 'fetching the Electron program (once)'
  timeout 600 build/node node_modules/electron/install.js >/dev/null 2>&1 && [ -x "$electron" ]
}

# Why the window cannot be Electron's, in one line; nothing where it can.
obstacle() {
  if [ "$(id -u)" = 0 ]; then echo 'Electron has no sandbox for root, and Ramet does not run without one; start it as an ordinary user'
  elif [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then echo 'there is no display here'
  elif ! fetch_electron; then echo "the Electron program is not here and could not be fetched (build/node node_modules/electron/install.js says why)"
  fi
}

bash build/bootstrap.sh
why=$(obstacle)
if [ -n "$why" ]; then
  say "$why"
  say 'opening the browser console instead'
  exec cli/ramet gui --browser
fi
build/node build/bundle.ts
exec "$electron" . "$@"
