#!/usr/bin/env bash
# Make src/sightline/web/static, which the web app serves: script, style and fonts, out of frontend/.
# With --dev also what its tests and lints need; with --check those lints. What is there and unchanged is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh

static=src/sightline/web/static
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log

stop() { # what, why, what to do; after that line the end of the log
  progress
  printf '%s\n' "the web app needs $1: $2; $3" >&2
  if [ -s "$log" ]; then tail -n 15 "$log" >&2; fi
  exit 1
}

is_node() { node -e 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null; }

find_node() {
  is_node || { debian nodejs npm && is_node; } ||
    stop "Node.js 18 or newer with npm" "it is not here" \
      "as root: apt-get install nodejs npm (Debian 12 or newer), then run this again"
}

# The packages of the lock file, if they are not what was installed last; --check needs more of them than a build.
packages() {
  local wanted installed=frontend/node_modules/.installed
  wanted=$(cat frontend/package.json frontend/package-lock.json | sha256sum)
  case $(cat "$installed" 2>/dev/null) in "$wanted all" | "$wanted ${1:-all}") return ;; esac
  progress "installing the packages of frontend/package-lock.json"
  (cd frontend && npm ci --silent --no-progress --ignore-scripts "$@") >"$log" 2>&1 </dev/null ||
    stop "the packages of frontend/package-lock.json" "npm could not install them" \
      "give npm a way to a registry (a network, a proxy, or npm_config_registry), then run this again"
  echo "$wanted ${1:-all}" >"$installed"
}

inputs() { find frontend -path frontend/node_modules -prune -o -type f -not -name 'gallery*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; }

if [ "${1:-}" = --check ]; then
  find_node
  packages
  cd frontend
  npm run --silent check
  exec npm run --silent lint
fi

now=$(inputs)
if [ "${1:-}" = --dev ]; then
  find_node
  packages
fi
if [ "$(cat "$static/.made_of" 2>/dev/null)" = "$now" ]; then exit; fi
find_node
packages --omit=dev
progress "building the web app's script and style"
rm -rf "$scratch/static"
(cd frontend && node build.mjs "$scratch/static") >"$log" 2>&1 || stop "its script and style" "esbuild could not build them" "mend what the lines below say"
echo "$now" >"$scratch/static/.made_of"
mkdir -p "${static%/*}"
rm -rf "$static"
mv "$scratch/static" "$static"
progress
