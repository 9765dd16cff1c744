#!/usr/bin/env bash
# Make .venv with all that Sightline needs, the kernel built. With --dev also what tests, lint and benchmarks need.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() { # what, why, what to do
  printf 'sightline needs %s: %s\n  %s\n' "$1" "$2" "$3" >&2
  exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }
have() { command -v "$1" >/dev/null 2>&1; }

# Debian's packages, where they may be installed; false where not.
debian() {
  is_root && have apt-get || return 1
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -q --no-install-recommends "$@" >/tmp/sightline-apt.$$ 2>&1 ||
    { apt-get update -q >/dev/null 2>&1 && apt-get install -y -q --no-install-recommends "$@" >/tmp/sightline-apt.$$ 2>&1; } ||
    { tail -n 3 /tmp/sightline-apt.$$ >&2; rm -f /tmp/sightline-apt.$$; return 1; }
  rm -f /tmp/sightline-apt.$$
}

python_is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if have "$name" && python_is_new "$name"; then echo "$name"; return; fi
  done
  return 1
}

make_venv() {
  if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then return; fi
  local python
  python=$(find_python) || { debian python3 && python=$(find_python); } ||
    stop "Python 3.11 or newer" "none is on the PATH" "install it (Debian 12 or 13: apt-get install python3 python3-venv), or set PYTHON"
  rm -rf .venv
  "$python" -m venv .venv >/dev/null 2>&1 || { debian python3-venv && rm -rf .venv && "$python" -m venv .venv >/dev/null; } ||
    stop "Python's venv module" "$python cannot make a virtual environment" "as root: apt-get install python3-venv"
}

rust_is_new() {
  have cargo && have rustc || return 1
  local version
  version=$(rustc --version | sed -E 's/^rustc 1\.([0-9]+).*/\1/')
  [ "$version" -ge 85 ] 2>/dev/null
}

# The tool chain of the kernel; without it the plain Python oracle serves small inputs.
find_rust() {
  [ "${SIGHTLINE_WITHOUT_KERNEL:-}" != 1 ] || return 1
  [ -d "$HOME/.cargo/bin" ] && export PATH="$PATH:$HOME/.cargo/bin"
  if ! have cc || ! have make; then debian gcc libc6-dev make || return 1; fi
  rust_is_new && return
  debian rustc-web cargo-web && rust_is_new && return
  debian rustc cargo && rust_is_new
}

install() { .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r "$1"; }

# Run from the source tree, with or without a kernel in it.
link_source() {
  local site
  site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "$PWD/src" >"$site/sightline.pth"
  printf '#!%s\nimport sys\nfrom sightline.cli import main\nsys.exit(main())\n' "$PWD/.venv/bin/python" >.venv/bin/sightline
  chmod +x .venv/bin/sightline
}

build_kernel() {
  if ! find_rust; then
    rm -f src/sightline/_kernel*.so
    if [ "${SIGHTLINE_REQUIRE_KERNEL:-}" = 1 ]; then
      stop "a Rust tool chain (1.85 or newer) and a C compiler" "the kernel cannot be built without" "as root on Debian 12: apt-get install gcc libc6-dev make rustc-web cargo-web"
    fi
    echo "no Rust tool chain (1.85 or newer): Sightline works on its plain Python oracle, for small inputs only"
    return
  fi
  (cd rust && cargo build --release --locked --quiet --features python --lib 2>target/.build.log) ||
    { tail -n 20 rust/target/.build.log >&2; stop "the kernel" "it did not build" "read the lines above"; }
  local built="${CARGO_TARGET_DIR:-rust/target}/release/libsightline_kernel.so"
  # Beside and renamed: a running process keeps the old one.
  cp "$built" src/sightline/.kernel.partial && mv src/sightline/.kernel.partial src/sightline/_kernel.abi3.so
}

if [ "${1:-}" = --dev ]; then
  install requirements/dev.txt
  touch .venv/.built-dev
else
  make_venv
  install requirements/run.txt
  link_source
  mkdir -p rust/target
  build_kernel
  touch .venv/.built
fi
