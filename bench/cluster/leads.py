"""A rebuild of leads on one thread, and on clusters of one and of two workers of one core, by wall time."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from pathlib import Path

from tests.office import Office, found_office
from tests.services.cluster.unit import QUIET, local_cluster, make_request

from sightline.services.cluster.addresses import ClusterAccess
from sightline.services.leads.generation_writer import write_generation
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.scan.scan import scan_logs
from sightline.services.sessions.segment_reader import ROWS

FILES = 8
VISITS_AN_ADDRESS = 10
THREADS = "POLARS_MAX_THREADS"
"""It must be 1 before Polars is loaded, here and on the workers."""


def measure_leads(folder: Path, hits: int, rounds: int) -> dict[str, object]:
    """Return the median seconds of each way. Raises AssertionError if two do not make the same files."""
    office = _scanned(folder, hits)
    found: dict[str, object] = {"load": os.getloadavg()[0], "hits": hits}
    taken: dict[str, list[float]] = {}
    first: dict[str, bytes] = {}
    for workers in (1, 2):
        with local_cluster(folder, folder, workers=workers) as cluster:
            ways = {f"cluster of {workers}": ClusterAccess(cluster.address, None, office.io.clock), "alone": None}
            for _ in range(rounds):
                for name, access in ways.items():
                    seconds, made = _make(office, folder / "made", access)
                    taken.setdefault(name, []).append(seconds)
                    first = first or made
                    assert made == first
    return found | {name: round(statistics.median(some), 2) for name, some in taken.items()}


def _make(office: Office, folder: Path, access: ClusterAccess | None) -> tuple[float, dict[str, bytes]]:
    """Return how long it took to make all files of a generation, and the files."""
    folder.mkdir()
    begun = time.perf_counter()
    write_generation(office.workspace, load_inputs(office.workspace), folder, QUIET, ROWS, access)
    seconds = time.perf_counter() - begun
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    return seconds, made


def _scanned(folder: Path, hits: int) -> Office:
    """Return an office with logs of visits by many addresses, each in several logs."""
    logs = folder / "logs"
    logs.mkdir()
    addresses = max(1, hits // VISITS_AN_ADDRESS)
    for number in range(FILES):
        with (logs / f"access-{number}.log").open("w") as out:
            for visit in range(number, hits, FILES):
                at = f"0{1 + visit % 9}/Mar/2026:{visit // 3600 % 24:02}:{visit // 60 % 60:02}:{visit % 60:02} +0000"
                site = f"http://board.example/room/{visit % 999}"
                address = f"2001:db8:{visit % addresses % 65_521:x}::{visit % addresses:x}"
                out.write(f'{address} - - [{at}] "GET {site} HTTP/1.1" 200 512 "-" "Browser/{visit % 7}"\n')
    office = found_office(folder / "workspace")
    scan_logs(office.io, make_request(office, logs, folder), QUIET)
    return office
