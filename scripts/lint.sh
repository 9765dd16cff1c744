#!/usr/bin/env bash
# Style and lints of Python, TypeScript and Rust; the first finding ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh
log=/dev/null

.venv/bin/ruff check
.venv/bin/ruff format --check
.venv/bin/python -m scripts.style_check
scripts/frontend.sh --check
if ! command -v cargo >/dev/null; then
  echo "no cargo here: rustfmt and clippy are skipped"
  exit
fi
# rustup brings both; Debian has them apart, under the name of its compiler.
cargo fmt --version >/dev/null 2>&1 || debian rustfmt-web || debian rustfmt
cargo clippy --version >/dev/null 2>&1 || debian rust-web-clippy || debian rust-clippy
cargo fmt --manifest-path rust/Cargo.toml --check
# --release: the libraries in C are compiled for the kernel already.
cargo clippy --manifest-path rust/Cargo.toml --locked --release --quiet --all-targets --features python -- -D warnings
