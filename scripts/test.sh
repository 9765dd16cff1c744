#!/usr/bin/env bash
# All tests; with --full also the long ones (marked `full`) and ten minutes of each fuzz target.
set -euo pipefail
cd "$(dirname "$0")/.."

# Real servers and the stock minisign, where they may be installed; tests that miss one are skipped by name.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  wanted=(nginx-light apache2 haproxy squid bind9 unbound dnsmasq-base minisign zstd xz-utils bzip2 iproute2)
  missing=()
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    # No service of these packages starts here: tests run their own on loopback.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
      echo "some of ${missing[*]} could not be installed: their tests are skipped" >&2
    rm -f /usr/sbin/policy-rc.d
  fi
fi

if [ "${1:-}" = --full ]; then
  .venv/bin/python -m pytest -m "full or not full"
  scripts/fuzz.sh "${FUZZ_SECONDS:-600}"
else
  .venv/bin/python -m pytest
fi
