#!/usr/bin/env bash
# Write the lock files anew from pyproject.toml: exact versions and hashes, for every platform and Python from 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"; }
compile pyproject.toml -o requirements/run.txt
compile pyproject.toml --extra cluster --extra nats --extra kafka --group dev -o requirements/dev.txt
compile pyproject.toml --extra cluster -c requirements/dev.txt -o requirements/cluster.txt
compile pyproject.toml --extra nats --extra kafka -c requirements/dev.txt -o requirements/brokers.txt
compile pyproject.toml --group bench -c requirements/run.txt -o requirements/bench.txt
compile pyproject.toml --group docs -c requirements/dev.txt -o requirements/docs.txt
compile pyproject.toml --group fuzz -c requirements/run.txt -o requirements/fuzz.txt
(cd rust && cargo update --quiet)
