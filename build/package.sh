#!/usr/bin/env bash
# Makes the packages of electron-builder.yml in dist/. Arguments go to electron-builder, `--dir` for a folder alone.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

bash build/bootstrap.sh
build/node build/bundle.ts
cp -rL native/guest/out/kit out/kit
exec build/node node_modules/electron-builder/cli.js --linux "$@"
