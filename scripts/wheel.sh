#!/usr/bin/env bash
# An abi3 wheel in dist/. A wheel goes to others, so it names no folder of this machine: paths in messages of panics begin
# at the crate. Other flags build everything anew, so it has a target folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/frontend.sh
crates=${CARGO_HOME:-$HOME/.cargo}/registry/src
flags=("--remap-path-prefix=$crates=crates" "--remap-path-prefix=$PWD=sightline")
export CARGO_ENCODED_RUSTFLAGS="${flags[0]}"$'\x1f'"${flags[1]}"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/rust/target}/wheel
PYTHONPATH=src .venv/bin/python -m sightline.stages.formats.stored_formats
rm -f dist/sightline-*.whl
.venv/bin/maturin build --release --locked --out dist

.venv/bin/python - "$crates" "$PWD" <<'CHECK'
import pathlib, sys, zipfile

for wheel in pathlib.Path("dist").glob("*.whl"):
    with zipfile.ZipFile(wheel) as files:
        served = {name for name in files.namelist() if name.startswith("sightline/web/static/")}
        if not {"sightline/web/static/app.js", "sightline/web/static/app.css"} <= served:
            sys.exit(f"{wheel} has no script or style for the web app")
        if not {f"sightline/web/locale/{one}/LC_MESSAGES/web.po" for one in ("hi", "ml")} <= set(files.namelist()):
            sys.exit(f"{wheel} has no translations of the web app")
        kernel = next(files.read(name) for name in files.namelist() if name.endswith("_kernel.abi3.so"))
    for folder in sys.argv[1:]:
        if folder.encode() in kernel:
            sys.exit(f"{wheel} names a folder of this machine: {folder}")
CHECK
