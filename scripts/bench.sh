#!/usr/bin/env bash
# Speed beside peers and limits (docs/explanation/performance.md). SIZE=full: the real sizes, 16 GB in bench/work.
# BENCH passes more words to the harness, as do arguments: --write, --only plain.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh
log=/dev/null

missing=()
for pair in igzip:isal zstd:zstd openssl:openssl; do
  command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
done
[ "${#missing[@]}" = 0 ] || debian "${missing[@]}" || echo "bench: ${missing[*]} cannot be installed here" >&2

if [ requirements/bench.txt -nt .venv/.bench ]; then
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt
  touch .venv/.bench
fi
# BENCH is words.
exec .venv/bin/python -m bench --size "${SIZE:-small}" ${BENCH:-} "$@"
