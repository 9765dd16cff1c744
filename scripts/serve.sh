#!/usr/bin/env bash
# Serve the web app on the data of the demo. Each printed line signs in one officer, once.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${DEMO_OUT:-demo-out}
if [ ! -f "$out/exercise/workspace.toml" ]; then
  echo "there is no demo in $out yet: make demo" >&2
  exit 2
fi
exec .venv/bin/sightline serve --workspace "$out/exercise" --keys "$out" "$@"
