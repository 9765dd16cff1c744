"""Tasks without an exhibit: what scheduler, worker and coordinator do for each."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.services.cluster.unit import local_cluster

from bench.cluster.speed import measure_cpu_s
from sightline.services.cluster.addresses import parse_address
from sightline.services.cluster.coordinator import connect_cluster
from sightline.services.cluster.exhibit_task import ExhibitTask, identify_build
from sightline.stages.scan.options import DecompressionLimits


def measure_tasks(folder: Path, tasks: int) -> dict[str, object]:
    """Return the rate of tasks that read nothing, and the processor time of each part for one task."""
    limits = DecompressionLimits()
    plain = {name: getattr(limits, name) for name in limits.__slots__}
    text = ExhibitTask(identify_build(), str(folder), [], [], {}, plain, has_segments=False).to_json
    with local_cluster(folder, folder) as cluster, connect_cluster(parse_address(cluster.address), None) as connection:
        assert cluster.scheduler is not None
        parts = {"coordinator": [os.getpid()], "scheduler": [cluster.scheduler.pid]}
        parts["workers"] = [worker.pid for worker in cluster.workers]
        before, begun_s = {name: measure_cpu_s(pids) for name, pids in parts.items()}, time.monotonic()
        sent = [(f"task {number}", text) for number in range(tasks)]
        done = {number for number, _ in connection.run_tasks(sent, lambda: datetime.now(UTC), lambda: None)}
        took_s = time.monotonic() - begun_s
        used = {name: measure_cpu_s(pids) - before[name] for name, pids in parts.items()}
    assert done == set(range(tasks))
    return {
        "tasks": tasks,
        "tasks_per_s": round(tasks / took_s),
        "load": os.getloadavg()[0],
        **{f"{name} ms a task": round(1000 * each / tasks, 3) for name, each in used.items()},
    }
