# make demo   from a fresh clone: set-up, then the main job on logs that real servers wrote
# make demo-live  a generated feed, a real rsyslog, and leads that appear
# make demo-cluster  an S3 store, a scheduler and two workers on this machine, one of which is killed
# make serve  the web app on the demo's world, once make demo has run
# make build  the set-up alone: .venv/bin/sightline
# make test   what a contributor runs before a commit   make test-slow  browsers, real servers, worlds, crashes: CI runs both
# make test-full  all of them and the longer runs, fuzzing among them
# make lint   style and lints                        make types      mypy
# make attribution   how right leads are, on simulated worlds of fresh seeds: tables and charts of docs/explanation/attribution.md
# make datasets  fetch the free data sets of places, networks and relays, and import them into SIGHTLINE_WORKSPACE
# make docs   the documentation site, into build/site (open build/site/index.html)
# make man   the manual pages of all commands, into build/man/man1 (man -M build/man sightline)
# make audit  known holes in what is locked             make advisories  its database anew, from the network
# make bench  speed beside peers (SIZE=full: the real sizes)   make instructions  instructions of a line and of hostile lines, counted

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# rustup may be there and not on the PATH.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: demo demo-live demo-cluster serve datasets build dev docs man test test-slow test-full test-kernel lint types audit advisories bench attribution instructions wheel lock clean

build:
	@scripts/build.sh

dev:
	@scripts/build.sh --dev

demo: build
	@scripts/demo.sh

demo-live: build
	@scripts/demo_live.sh

demo-cluster: build
	@scripts/demo_cluster.sh

serve: build
	@scripts/serve.sh

datasets: build
	@scripts/datasets.sh

test: dev
	@scripts/test.sh

test-slow: dev
	@scripts/test.sh --slow

test-full: dev
	@scripts/test.sh --full

# As released, so that what it depends on is compiled once; its own code with assertions and checks of overflow.
kernel = profile.release.package.sightline-kernel
test-kernel:
	cargo test --manifest-path rust/Cargo.toml --locked --release --lib --config '$(kernel).debug-assertions=true' \
	  --config '$(kernel).overflow-checks=true' --config '$(kernel).opt-level=2' --config '$(kernel).codegen-units=16'

lint: dev
	@scripts/lint.sh

types: dev
	.venv/bin/mypy

docs: dev
	@scripts/docs.sh

man: build
	.venv/bin/python -m scripts.man_pages build/man/man1

audit: dev
	@scripts/audit.sh

advisories: dev
	.venv/bin/python scripts/advisories.py fetch

instructions: dev
	.venv/bin/python -m bench.callgrind
	.venv/bin/python -m bench.growth

bench: dev
	@scripts/bench.sh

attribution: dev
	.venv/bin/python -m bench.attribution --write $(ATTRIBUTION)

wheel: dev
	@scripts/wheel.sh

lock: dev
	scripts/lock.sh

clean:
	rm -rf .venv rust/target dist demo-out src/sightline/_kernel.abi3.so src/sightline/web/static frontend/node_modules
