#!/usr/bin/env bash
# Build the documentation site into build/site. A warning is an error. The build uses no network.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ requirements/docs.txt -nt .venv/.docs ]; then
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/docs.txt
  touch .venv/.docs
fi
NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict --clean
if grep -rlE '<(script|link|img|iframe)[^>]*(src|href)="https?:' build/site --include='*.html'; then
  echo "these pages load something from another host" >&2
  exit 1
fi
echo "build/site/index.html"
