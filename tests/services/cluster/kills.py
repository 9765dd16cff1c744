"""Scans whose workers and scheduler are killed at random moments, and go on."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from sightline.errors import StoreUnreachable
from sightline.services.scan.scan import scan_logs
from tests.office import combined_log, found_office
from tests.services.cluster.unit import QUIET, LocalCluster, contents, make_request, require_whole


@dataclass
class KilledScan:
    """Kills a member after some results each time, and starts another one in its place."""

    cluster: LocalCluster
    dice: random.Random
    left: int
    every_bytes: int
    next_bytes: int = 0
    killed: dict[str, int] = field(default_factory=dict)

    def __call__(self, done: int, _all: int | None, _hits: int = 0, _what: str = "", /) -> None:
        if self.left and done >= self.next_bytes:
            self.left -= 1
            self.next_bytes = done + self.dice.randrange(1, 2 * self.every_bytes)
            self.kill_worker() if self.dice.random() < 0.85 else self.kill_scheduler()

    def kill_worker(self) -> None:
        place = self.dice.randrange(len(self.cluster.workers))
        self.cluster.kill(self.cluster.workers.pop(place))
        self._count("workers")
        self.cluster.start_worker(f"worker-{self.left}", wait=False)

    def kill_scheduler(self) -> None:
        assert self.cluster.scheduler is not None
        self.cluster.kill(self.cluster.scheduler)
        self._count("schedulers")

    def _count(self, what: str) -> None:
        self.killed[what] = self.killed.get(what, 0) + 1

    def restart(self) -> None:
        """Start what a dead scheduler took along."""
        self.cluster.stop()
        self.cluster.workers.clear()
        self.cluster.start_scheduler()
        for number in range(2):
            self.cluster.start_worker(f"worker-again-{number}", wait=False)
        self.next_bytes = 0


def scan_with_kills(folder: Path, files: int, kills: int, seed: int) -> dict[str, int]:
    """Scan small files on a cluster whose members are killed. Raises AssertionError if anything is lost or doubled.

    Return how many of which were killed, and how many scans that took.
    """
    logs = folder / "logs"
    logs.mkdir()
    for number in range(files):
        (logs / f"access-{number:04}.log").write_text(combined_log(20 + number % 90, start=number * 1000))
    alone = found_office(folder / "alone")
    scan_logs(alone.io, make_request(alone, logs, folder), QUIET)
    office = found_office(folder / "workspace")
    cluster = LocalCluster(logs, folder)
    size = sum(path.stat().st_size for path in logs.iterdir())
    killer = KilledScan(cluster, random.Random(seed), kills, max(1, size // (kills + 1)))
    scans = 0
    try:
        killer.restart()
        request = make_request(office, logs, folder, cluster=cluster.address)
        while True:
            scans += 1
            try:
                scan_logs(office.io, request, killer)
            except StoreUnreachable:
                killer.restart()
            else:
                break
    finally:
        cluster.stop()
    assert contents(office.workspace) == contents(alone.workspace)
    require_whole(office)
    return {**killer.killed, "scans": scans, "runs": len(contents(office.workspace))}
