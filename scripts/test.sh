#!/usr/bin/env bash
# The tests that a contributor runs; with --slow the slow ones (tests/conftest.py lists them) instead; with --full all,
# also the long ones (marked `full`), and each fuzz target for FUZZ_SECONDS (default ten minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh
# Compiled modules are kept, also where the environment says otherwise: each worker and many commands load the same ones.
unset PYTHONDONTWRITEBYTECODE
# A worker for each core: threads of polars would only wait for one another, a tenth of the time of small tables.
export POLARS_MAX_THREADS=1
log=$(mktemp)
memory=
trap 'rm -rf "$log" ${memory:+"$memory"}' EXIT

# The short tests commit thousands of times, and each commit waits for the disk: their files are in memory where there is room.
# What a crash or a fault of a disk leaves is tried by the slow ones, on the disk.
room_bytes() { df -B1 --output=avail /dev/shm 2>/dev/null | tail -1; }
if [ -z "${1:-}" ] && [ "$(room_bytes)" -gt $((8 << 30)) ] 2>/dev/null && grep -q '^MemAvailable: *[1-9][0-9]\{7\}' /proc/meminfo; then
  # A short name, because sockets are in it; others may enter, because PostgreSQL runs as another user.
  memory=$(mktemp -d /dev/shm/t.XXXX)
  chmod 711 "$memory"
fi

# Real servers, PostgreSQL, a browser, the stock minisign and the packers, where they may be installed; tests that miss one are skipped by name.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  .venv/bin/python -m tests.real_servers install >"$log" 2>&1 || skipped="the real servers'"
  for program in minisign zstd xz bzip2; do
    command -v "$program" >/dev/null || debian minisign zstd xz-utils bzip2 || skipped+=" $program's"
  done
  command -v chromium-headless-shell >/dev/null || debian chromium-headless-shell || command -v chromium >/dev/null || debian chromium ||
    skipped+=" the browser's"
  if .venv/bin/python -m tests.servers install >>"$log" 2>&1; then export SIGHTLINE_REQUIRE_SERVERS=1; else skipped+=" PostgreSQL's"; fi
  [ -z "${skipped:-}" ] || echo "packages could not be installed: ${skipped# } tests are skipped" >&2
fi

if [ "${1:-}" = --full ]; then
  .venv/bin/python -m pytest -n auto --dist worksteal -m "full or not full"
  scripts/fuzz.sh "${FUZZ_SECONDS:-600}"
elif [ "${1:-}" = --slow ]; then
  # One worker more than cores: browsers, servers and killed processes are waited for.
  .venv/bin/python -m pytest -n $(($(nproc) + 1)) --dist worksteal -m "slow and not full" --durations 25
else
  TMPDIR=${memory:-${TMPDIR:-/tmp}} .venv/bin/python -m pytest -n auto --dist worksteal -m "not slow and not full" --durations 25
fi
