"""What one core and one coordinator do: bytes a second of each codec, and exhibits registered a second."""

from __future__ import annotations

import gzip
import lzma
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.office import Office, combined_log, found_office
from tests.servers.postgres import Postgres
from tests.services.cluster.unit import QUIET, make_request

from sightline.services.scan.scan import RunningScan, scan_logs

LOG_BYTES = 128_000_000
ROUNDS = 3


def measure_constants(folder: Path, files: int) -> dict[str, object]:
    """Return the constants of `docs/explanation/scale.md`, by processor time."""
    found: dict[str, object] = {"load": os.getloadavg()[0]}
    for name, pack in CODECS.items():
        found[f"{name}, MB a processor second"] = round(_measure_codec(folder / name, pack))
    logs = folder / "logs"
    logs.mkdir()
    for number in range(files):
        (logs / f"access-{number:04}.log").write_text(combined_log(30, start=number * 1000))
    found["SQLite"] = _measure_files(found_office(folder / "sqlite"), logs, folder, files)
    server = Postgres()
    try:
        office = found_office(folder / "postgres", database=server.fresh())
        found["PostgreSQL"] = _measure_files(office, logs, folder, files)
    finally:
        server.close()
    return found


def _pack_zstd(text: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-3", "-c"], input=text, capture_output=True, check=True).stdout


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda text: text,
    "gzip": lambda text: gzip.compress(text, 6),
    "zstd": _pack_zstd,
    "xz": lambda text: lzma.compress(text, preset=1),
}


def _measure_codec(folder: Path, pack: Callable[[bytes], bytes]) -> float:
    """Return unpacked megabytes for each second of processor time, of the best of some scans."""
    block = combined_log(10_000, hits_every=10_000).encode()
    text = block * (LOG_BYTES // len(block))
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "access.log").write_bytes(pack(text))
    used = []
    for turn in range(ROUNDS):
        office = found_office(folder / f"workspace-{turn}")
        begun = time.process_time()
        scan_logs(office.io, make_request(office, folder / "logs", folder, threads=1), QUIET)
        used.append(time.process_time() - begun)
    return len(text) / 1e6 / min(used)


def _measure_files(office: Office, logs: Path, folder: Path, files: int) -> dict[str, float]:
    """Return what a small exhibit costs: all of its scan, and its registration alone, in milliseconds."""
    used = [0.0]
    register = RunningScan._register

    def timed(self: RunningScan, *words: Any) -> Any:  # noqa: ANN401  - it stands in for another function
        begun = time.process_time()
        try:
            return register(self, *words)
        finally:
            used[0] += time.process_time() - begun

    RunningScan._register = timed  # type: ignore[method-assign, assignment]
    try:
        begun = time.process_time()
        scan_logs(office.io, make_request(office, logs, folder, threads=1), QUIET)
        whole = time.process_time() - begun
    finally:
        RunningScan._register = register  # type: ignore[method-assign]
    return {"scan, ms a file": round(1000 * whole / files, 1), "register, ms a file": round(1000 * used[0] / files, 1)}
