"""A folder of very many small logs: time, memory and rate of a scan, on this machine or on a cluster of two workers."""

from __future__ import annotations

import os
import resource
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.office import combined_log, found_office
from tests.services.cluster.unit import local_cluster, make_request

from bench.cluster.speed import measure_cpu_s
from sightline.services.scan.scan import scan_logs

IN_A_FOLDER = 1000
LINES = 4


@dataclass(slots=True)
class Rate:
    """How long each tenth of the bytes took, and how long it took until the first exhibit was read."""

    begun_s: float = field(default_factory=time.monotonic)
    at_s: dict[int, float] = field(default_factory=dict)

    def __call__(self, read: int, whole: int | None, _hits: int = 0, _step: str = "", /) -> None:
        """Take the progress of the scan. The marks are the first instants at which so many tenths were read."""
        if whole and read:
            self.at_s.setdefault(10 * read // whole, time.monotonic() - self.begun_s)

    def tenths_s(self) -> list[float]:
        """Return how long each tenth took that was seen to begin and end."""
        marks = [self.at_s[tenth] for tenth in sorted(self.at_s)]
        return [round(after - before, 1) for before, after in pairwise(marks)]


def write_logs(folder: Path, files: int) -> None:
    """Write so many logs of a few lines, no two alike, a thousand in a folder. One line of each is a hit."""
    for number in range(files):
        within = folder / f"{number // IN_A_FOLDER:04}"
        if number % IN_A_FOLDER == 0:
            within.mkdir(parents=True)
        (within / f"access-{number:07}.log").write_text(combined_log(LINES, start=LINES * number, hits_every=LINES))


def measure_many_files(folder: Path, files: int, *, on_cluster: bool) -> dict[str, object]:
    """Scan a new folder of small logs to its end, and return what that took."""
    logs = folder / "logs"
    begun_s = time.monotonic()
    write_logs(logs, files)
    written_s = time.monotonic() - begun_s
    with local_cluster(logs, folder, 2) if on_cluster else nullcontext() as cluster:
        office = found_office(folder / "workspace")
        processes = (
            [] if cluster is None else [process.pid for process in (cluster.scheduler, *cluster.workers) if process]
        )
        request = make_request(office, logs, folder, threads=1, cluster=None if cluster is None else cluster.address)
        before_s, rate, begun_s = measure_cpu_s([os.getpid()]), Rate(), time.monotonic()
        outcome = scan_logs(office.io, request, rate)
        wall_s, cpu_s = time.monotonic() - begun_s, measure_cpu_s([os.getpid()]) - before_s
        others_s = measure_cpu_s(processes) if processes else 0.0
    assert len(outcome.done) == files
    return {
        "files": files,
        "on_cluster": on_cluster,
        "load": os.getloadavg()[0],
        "writing_s": round(written_s, 1),
        "wall_s": round(wall_s, 1),
        "coordinator_cpu_s": round(cpu_s, 1),
        "ms_a_file": round(1000 * cpu_s / files, 2),
        "other_processes_cpu_s": round(others_s, 1),
        "first_read_s": round(min(rate.at_s.values()), 1),
        "tenths_s": rate.tenths_s(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "database_mib": sum(path.stat().st_size for path in (folder / "workspace").glob("*.db*")) >> 20,
    }
