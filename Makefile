# make demo   everything, from a fresh clone: set-up, then the main job on real servers' logs
# make build  the set-up alone: .venv/bin/sightline
# make test   what must pass before anything lands      make test-full  the longer runs, fuzzing among them
# make lint   style, types, clippy                       make bench      speed beside peers (SIZE=full for the real sizes)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON_SOURCES := $(shell find src -name '*.py' -o -name '*.toml')
RUST_SOURCES := $(shell find rust -path rust/fuzz -prune -o \( -name '*.rs' -o -name 'Cargo.*' -o -name '*.c' \) -print)

.PHONY: demo build test test-full lint types bench lock wheel clean

build: .venv/.built

.venv/.built: scripts/build.sh requirements/run.txt pyproject.toml $(RUST_SOURCES)
	@scripts/build.sh

.venv/.built-dev: .venv/.built requirements/dev.txt
	@scripts/build.sh --dev

demo: build
	@scripts/demo.sh

test: .venv/.built-dev
	@scripts/test.sh

test-full: .venv/.built-dev
	@scripts/test.sh --full

lint: .venv/.built-dev
	.venv/bin/ruff check src tests bench
	.venv/bin/ruff format --check src tests bench
	@if command -v cargo >/dev/null; then cd rust && cargo fmt --check && cargo clippy --all-targets --locked -- -D warnings; \
	else echo "lint: cargo is not here: clippy skipped"; fi

types: .venv/.built-dev
	.venv/bin/mypy

bench: .venv/.built-dev
	@scripts/bench.sh

wheel: .venv/.built
	.venv/bin/maturin build --release --locked --out dist

lock: .venv/.built-dev
	scripts/lock.sh

clean:
	rm -rf .venv rust/target dist demo-out
