#!/usr/bin/env bash
# Make .venv/bin/sightline: Python packages by lock file, the kernel, then what the web app serves. With --dev
# also what tests and lint need.
# Run it as often as you like: what is there and unchanged is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh

scratch=$(mktemp -d)
trap 'kill ${compiling:-} 2>/dev/null || true; rm -rf "$scratch"' EXIT
log=$scratch/log

say() {
  progress
  printf '%s\n' "$*" >&2
}

stop() { # what, why, what to do; after that line the end of the log
  say "sightline needs $1: $2; $3"
  if [ -s "$log" ]; then tail -n 15 "$log" >&2; fi
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if have "$name" && is_python "$name"; then
      python=$name
      return
    fi
  done
  return 1
}

# Where Debian's python3-venv is not installed and may not be: an empty environment, and pip from Debian's package of
# its wheel, fetched and checked by apt in a folder of our own.
venv_by_wheel() {
  local own=(-q -o "Dir::State::lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" -o "APT::Sandbox::User=")
  have apt-get && mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" || return 1
  (cd "$scratch" && apt-get "${own[@]}" update && apt-get "${own[@]}" download python3-pip-whl && dpkg -x python3-pip-whl_*.deb .) \
    >>"$log" 2>&1 </dev/null || return 1
  "$python" -m venv --without-pip .venv >>"$log" 2>&1 || return 1
  local wheel
  wheel=$(echo "$scratch"/usr/share/python-wheels/pip-*.whl)
  PYTHONPATH=$wheel .venv/bin/python -m pip install -q --disable-pip-version-check --no-index "$wheel" >>"$log" 2>&1
}

new_venv() {
  rm -rf .venv
  "$python" -m venv .venv >"$log" 2>&1
}

make_venv() {
  if [ -x .venv/bin/python ] && is_python .venv/bin/python && .venv/bin/python -c 'import pip' 2>/dev/null; then return; fi
  find_python || { debian python3 python3-venv && find_python; } ||
    stop "Python 3.11 or newer" "${PYTHON:-python3} is missing or older" \
      "as root: apt-get install python3 python3-venv (Debian 12 or newer), or set PYTHON to yours"
  new_venv || { debian python3-venv && new_venv; } || venv_by_wheel ||
    stop "Python's venv module" "$python cannot make a virtual environment" "as root, with a way to a package mirror: apt-get install python3-venv"
}

# A lock file, if it is not what was installed last.
install() {
  local installed=$site/${1##*/}.installed
  if cmp -s "$1" "$installed"; then return; fi
  progress "installing the Python packages of $1"
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-input --no-deps --require-hashes -r "$1" >"$log" 2>&1 ||
    stop "the Python packages of $1" "pip could not install them" \
      "give pip a way to a package index (a network, a proxy, or PIP_INDEX_URL), then run this again"
  cp "$1" "$installed"
}

# The command runs from the source tree; the tree may be moved.
link_source() {
  echo ../../../../src >"$site/sightline.pth"
  # A third of the time that a command takes to start, where nobody may write them later.
  .venv/bin/python -m compileall -q src || true
  # Detection tries every format: without this it compiles them each time.
  PYTHONPATH=src .venv/bin/python -m sightline.stages.formats.stored_formats || true
  # shellcheck disable=SC2016  # it is the command that expands these
  printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -P -m sightline "$@"\n' >.venv/bin/sightline
  chmod +x .venv/bin/sightline
}

is_rust() {
  have cargo && have rustc || return 1
  local version
  version=$(rustc --version 2>/dev/null | sed -E 's/^rustc 1\.([0-9]+).*/\1/')
  [ "$version" -ge 85 ] 2>/dev/null
}

# cargo, rustc and cc; else false, with `missing` saying what is not there. Debian 12 has a new enough Rust as rustc-web.
find_rust() {
  PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
  is_rust || debian rustc-web cargo-web || debian rustc cargo || true
  have cc || debian gcc libc6-dev || true
  missing=
  have cc || missing="no C compiler (cc)"
  is_rust || missing="no Rust tool chain (cargo and rustc 1.85 or newer)"
  [ -z "$missing" ]
}

without_kernel() { # why
  rm -f src/sightline/_kernel.abi3.so
  if [ "${SIGHTLINE_REQUIRE_KERNEL:-}" = 1 ]; then
    stop "its kernel" "$1, and SIGHTLINE_REQUIRE_KERNEL=1 asks for it" \
      "as root: apt-get install gcc libc6-dev rustc cargo (Debian 12: rustc-web cargo-web)"
  fi
  say "$1: no kernel; Sightline works on its plain Python oracle, for small inputs only"
}

# The compiler works while Python packages and the frontend come; `compiling` is its process then.
build_kernel() {
  compiling=
  if [ "${SIGHTLINE_WITHOUT_KERNEL:-}" = 1 ]; then without_kernel "SIGHTLINE_WITHOUT_KERNEL=1"; return; fi
  if ! find_rust; then without_kernel "$missing"; return; fi
  compile_kernel &
  compiling=$!
}

compile_kernel() {
  log=$scratch/kernel.log
  local target=${CARGO_TARGET_DIR:-rust/target} kernel=src/sightline/_kernel.abi3.so
  if [ ! -f "$target/release/libsightline_kernel.so" ]; then progress "compiling the kernel: a few minutes, once"; fi
  cargo rustc --manifest-path rust/Cargo.toml --target-dir "$target" --release --locked --quiet --features python \
    --lib --crate-type cdylib \
    >"$log" 2>&1 </dev/null ||
    stop "its kernel" "cargo could not build it" \
      "mend what the lines below say, or work without: SIGHTLINE_WITHOUT_KERNEL=1 make build"
  if cmp -s "$target/release/libsightline_kernel.so" "$kernel"; then return; fi
  # Beside and renamed: a running process keeps the old one.
  cp "$target/release/libsightline_kernel.so" "$kernel.partial"
  mv "$kernel.partial" "$kernel"
}

# Without Node.js everything works but the web app, which has its pages bare.
build_frontend() {
  if [ "${SIGHTLINE_WITHOUT_FRONTEND:-}" = 1 ]; then return; fi
  if scripts/frontend.sh "$@"; then return; fi
  if [ "${SIGHTLINE_REQUIRE_FRONTEND:-}" = 1 ]; then exit 1; fi
  say "no script and style for the web app: its pages are bare until then; all else works"
}

make_venv
build_kernel
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
install requirements/run.txt
if [ "${1:-}" = --dev ]; then install requirements/dev.txt; fi
link_source
build_frontend "$@"
if [ -n "$compiling" ]; then wait "$compiling"; fi
progress
