#!/usr/bin/env bash
# Measure Sightline beside its peers; SIZE=full for files of 8 GB and more. BENCH passes more words (--write, --lines N).
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt
exec .venv/bin/python -m bench --size "${SIZE:-small}" ${BENCH:-}
