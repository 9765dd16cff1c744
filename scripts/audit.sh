#!/usr/bin/env bash
# Known holes in what Sightline depends on: 0 if every locked package was checked and has none, 1 if one has, 3 if the
# check was not done for all of them. scripts/advisories.py fetch makes the database anew.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python scripts/advisories.py check
