"""One thread beside a cluster of one and of two workers of one core: wall time, and processor time of all processes."""

from __future__ import annotations

import gzip
import io
import os
import statistics
import tarfile
import time
import zipfile
from pathlib import Path

from tests.office import combined_log, found_office
from tests.services.cluster.unit import QUIET, LocalCluster, local_cluster, make_request

from sightline.services.scan.scan import scan_logs

TICKS_S = os.sysconf("SC_CLK_TCK")


def measure_speed(folder: Path, logs: Path, rounds: int) -> dict[str, object]:
    """Return the medians of some rounds, in which the ways take turns."""
    found: dict[str, list[tuple[float, float]]] = {"alone": [], "one worker": [], "two workers": []}
    for turn in range(rounds):
        found["alone"].append(_scan(folder / f"alone-{turn}", logs, None))
        for name, workers in (("one worker", 1), ("two workers", 2)):
            with local_cluster(logs, folder, workers) as cluster:
                found[name].append(_scan(folder / f"{workers}-{turn}", logs, cluster))
    medians = {
        name: {
            "wall_s": round(statistics.median(wall for wall, _ in each), 3),
            "cpu_s": round(statistics.median(cpu for _, cpu in each), 3),
        }
        for name, each in found.items()
    }
    alone, one, two = medians.values()
    return {
        "bytes": sum(path.stat().st_size for path in logs.iterdir()),
        "files": len(list(logs.iterdir())),
        "rounds": rounds,
        "load": os.getloadavg()[0],
        **medians,
        "two beside one, wall": round(one["wall_s"] / two["wall_s"], 3),
        "one beside alone, wall": round(one["wall_s"] / alone["wall_s"], 3),
        "one beside alone, cpu": round(one["cpu_s"] / alone["cpu_s"], 3),
    }


def write_logs(folder: Path, files: int, size: int, *, is_packed: bool) -> None:
    """Write logs, plain or gzipped."""
    for number in range(files):
        text = make_text(number, size)
        path = folder / f"access-{number:03}.log"
        if is_packed:
            Path(f"{path}.gz").write_bytes(gzip.compress(text, 6))
        else:
            path.write_bytes(text)


def write_archives(folder: Path, members: int, size: int, *, is_packed: bool) -> None:
    """Write one archive of so many members: a zip if it is packed, else a tar."""
    if is_packed:
        with zipfile.ZipFile(folder / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(members):
                archive.writestr(f"access-{number:03}.log", make_text(number, size))
        return
    with tarfile.open(folder / "logs.tar", "w") as tar:
        for number in range(members):
            text = make_text(number, size)
            about = tarfile.TarInfo(f"access-{number:03}.log")
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text))


def make_text(number: int, size: int) -> bytes:
    """Return a log that no other one equals; one line in a thousand is a hit."""
    block = combined_log(10_000, hits_every=1000).encode()
    return combined_log(10, start=number * 100_000).encode() + block * (size // len(block))


def _scan(folder: Path, logs: Path, cluster: LocalCluster | None) -> tuple[float, float]:
    """Return the wall time and the processor time of one scan, with that of the cluster's processes."""
    office = found_office(folder)
    processes = (
        []
        if cluster is None
        else [process.pid for process in (cluster.scheduler, *cluster.workers) if process is not None]
    )
    request = make_request(office, logs, folder, threads=1, cluster=None if cluster is None else cluster.address)
    cpu_s, wall_s = measure_cpu_s([os.getpid(), *processes]), time.monotonic()
    scan_logs(office.io, request, QUIET)
    return time.monotonic() - wall_s, measure_cpu_s([os.getpid(), *processes]) - cpu_s


def measure_cpu_s(processes: list[int]) -> float:
    """Return the processor time of these processes so far."""
    total = 0
    for number in processes:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_S
