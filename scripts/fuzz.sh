#!/usr/bin/env bash
# Each fuzz target for SECONDS (default ten minutes), as many at once as there are cores. What is found stays in fuzz-out/.
# Usage: fuzz.sh [SECONDS [TARGET...]]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
seconds=${1:-600}
out=fuzz-out
mkdir -p "$out"

# libFuzzer comes as source, in C++; the coverage that it goes by is a pass of the stable compiler.
command -v c++ >/dev/null || debian g++ || { echo "fuzz.sh needs a C++ compiler: none is here; as root: apt-get install g++" >&2; exit 1; }
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-rust/target}/fuzz
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
flags+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
flags+=" --cfg fuzzing -Cdebug-assertions -Ccodegen-units=1"
RUSTFLAGS=$flags cargo build --quiet --manifest-path rust/fuzz/Cargo.toml --locked --release --target "$host" --target-dir "$target"

lock=requirements/fuzz.txt installed=.venv/.fuzz
if ! cmp -s "$lock" "$installed"; then
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r "$lock"
  cp "$lock" "$installed"
fi

commands=()
for source in rust/fuzz/fuzz_targets/*.rs; do
  name=$(basename "$source" .rs)
  commands+=("$name $target/$host/release/$name")
done
for source in tests/fuzz/fuzz_*.py; do
  name=$(basename "$source" .py)
  commands+=("${name#fuzz_} .venv/bin/python $source")
done

one() { # seconds, out, name, command...
  local seconds=$1 out=$2 name=$3
  shift 3
  mkdir -p "$out/$name"
  if "$@" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$out/$name-" "$out/$name" tests/samples tests/fuzz/seeds \
    >"$out/$name.log" 2>&1 </dev/null; then
    echo "$name: $(grep -E '^Done|DONE' "$out/$name.log" | tail -n 1)"
  else
    echo "$name: FOUND SOMETHING, see $out/$name.log"
    return 1
  fi
}
export -f one

for command in "${commands[@]}"; do
  if [ "$#" -lt 2 ] || [[ " ${*:2} " = *" ${command%% *} "* ]]; then printf '%s\n' "$command"; fi
done | xargs -P "$(nproc)" -I COMMAND bash -c "one $seconds $out COMMAND"
