"""What it costs to read exhibits from an S3 store instead of a disk: processor time, and requests."""

from __future__ import annotations

import os
import time
from pathlib import Path

from obstore.store import S3Store
from tests.office import combined_log, found_office
from tests.servers.s3 import BUCKET, S3, UNIT
from tests.services.cluster.unit import QUIET, make_request

from sightline.services.scan.scan import scan_logs
from sightline.storage import object_path
from sightline.storage.exhibit_path import parse_exhibit_path

LOG_BYTES = 256_000_000
ROUNDS = 3


def measure_objects(folder: Path, files: int) -> dict[str, object]:
    """Return processor and wall time of scans of one thread, of a large plain log and of small ones, in both places."""
    server = S3()
    try:
        os.environ.update(UNIT.environment)
        block = combined_log(10_000, hits_every=10_000).encode()
        large, small = folder / "large", folder / "small"
        large.mkdir()
        small.mkdir()
        (large / "access.log").write_bytes(block * (LOG_BYTES // len(block)))
        for number in range(files):
            (small / f"access-{number:04}.log").write_text(combined_log(30, start=number * 1000))
        client = S3Store(BUCKET, endpoint=server.endpoint, client_options={"allow_http": True})
        for path in (*large.iterdir(), *small.iterdir()):
            client.put(f"{path.parent.name}/{path.name}", path.read_bytes())
        found: dict[str, object] = {"load": os.getloadavg()[0]}
        for logs, count in ((large, 1), (small, files)):
            url = parse_exhibit_path(f"s3://{BUCKET}/{logs.name}?endpoint={server.endpoint}")
            for where, path in (("disk", logs), ("S3", url)):
                found[f"{logs.name}, {where}"] = _measure(folder / f"{logs.name}-{where}", path, count)
        return found
    finally:
        server.close()


def _measure(folder: Path, logs: Path, count: int) -> dict[str, float]:
    """Return the best of some scans, for each exhibit."""
    requests = [0]
    request = object_path._run_request

    def counted(*words: object) -> object:
        requests[0] += 1
        return request(*words)  # type: ignore[arg-type]

    object_path._run_request = counted  # type: ignore[assignment]
    used = []
    try:
        for turn in range(ROUNDS):
            folder.mkdir(exist_ok=True)
            object_path._first_pieces = object_path.FirstPieces()
            office = found_office(folder / f"workspace-{turn}")
            requests[0], begun, wall = 0, time.process_time(), time.perf_counter()
            scan_logs(office.io, make_request(office, logs, folder, threads=1), QUIET)
            used.append((time.process_time() - begun, time.perf_counter() - wall))
    finally:
        object_path._run_request = request
    cpu_s, wall_s = min(used)
    return {
        "processor, ms": round(1000 * cpu_s / count, 1),
        "wall, ms": round(1000 * wall_s / count, 1),
        "requests": round(requests[0] / count, 2),
    }
