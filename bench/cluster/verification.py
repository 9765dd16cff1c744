"""`verify` on one machine, and on clusters of one and of two workers of one core, by wall and processor time."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from tests.office import Office, found_office
from tests.services.cluster.unit import QUIET, LocalCluster, local_cluster, make_request

from bench.cluster.speed import measure_cpu_s
from sightline.services.cluster.addresses import ClusterAccess
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace


def measure_verification(folder: Path, logs: Path, rounds: int) -> dict[str, object]:
    """Return the medians of some rounds, in which the ways take turns. Raises AssertionError for a finding."""
    office = found_office(folder / "workspace")
    scan_logs(office.io, make_request(office, logs, folder), QUIET)
    found: dict[str, list[tuple[float, float]]] = {"alone": [], "one worker": [], "two workers": []}
    for _ in range(rounds):
        found["alone"].append(_verify(office, None))
        for name, workers in (("one worker", 1), ("two workers", 2)):
            with local_cluster(folder, folder, workers) as cluster:
                found[name].append(_verify(office, cluster))
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
        "rounds": rounds,
        "load": os.getloadavg()[0],
        **medians,
        "two beside one, wall": round(one["wall_s"] / two["wall_s"], 3),
        "alone beside two, wall": round(alone["wall_s"] / two["wall_s"], 3),
        "one beside alone, cpu": round(one["cpu_s"] / alone["cpu_s"], 3),
    }


def _verify(office: Office, cluster: LocalCluster | None) -> tuple[float, float]:
    """Return the wall time and the processor time of one verification, with that of the cluster's processes."""
    access, processes = None, []
    if cluster is not None:
        access = ClusterAccess(cluster.address, None, office.io.clock)
        processes = [process.pid for process in (cluster.scheduler, *cluster.workers) if process is not None]
    cpu_s, wall_s = measure_cpu_s([os.getpid(), *processes]), time.monotonic()
    report = verify_workspace(office.workspace, VerifyRequest(cluster=access), QUIET)
    assert report.findings == []
    return time.monotonic() - wall_s, measure_cpu_s([os.getpid(), *processes]) - cpu_s
