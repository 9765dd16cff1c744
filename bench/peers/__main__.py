"""Seconds of one peer's whole job: `python -m bench.peers NAME LOG NAMES OUT`. Loading the peer itself is not counted.

None of them hashes a file: `openssl dgst` does it beside, on a core of its own where there is one.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from pathlib import Path

name, log, names, out = sys.argv[1:]
peer = importlib.import_module(f"bench.peers.{name}")
began = time.perf_counter()
with subprocess.Popen(["openssl", "dgst", "-sha256", log], stdout=subprocess.DEVNULL) as digest:
    peer.find(Path(log), Path(names), Path(out))
if digest.returncode:
    sys.exit("openssl dgst failed")
print(time.perf_counter() - began)
