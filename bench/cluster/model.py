"""A cost model of a cluster: how long each part needs for an amount of logs, and which part is full first."""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400
VOLUMES = {"1 TB": 1e12, "100 TB": 1e14, "1 PB": 1e15}
CORES = (8, 64, 512)


@dataclass(frozen=True, slots=True)
class Constants:
    """Processor seconds, as `bench.cluster constants` and `tasks` measured them, for gzip and PostgreSQL.

    Assumed: a link of 10 Gbit/s, bytes that gzip packs 8 to 1, and exhibits of 128 MB before they were packed.
    """

    core_bytes_s: float = 195e6
    file_s: float = 0.0197
    task_coordinator_s: float = 0.0043
    task_scheduler_s: float = 0.0053
    network_bytes_s: float = 1.25e9
    packed: float = 8.0
    file_bytes: float = 128e6


def part_seconds(volume: float, cores: int, using: Constants) -> dict[str, float]:
    """Return the seconds that each part needs. They work at the same time, so the longest one counts."""
    tasks = volume / using.file_bytes
    return {
        "workers": volume / (cores * using.core_bytes_s),
        "coordinator": tasks * (using.file_s + using.task_coordinator_s),
        "scheduler": tasks * using.task_scheduler_s,
        "network": volume / using.packed / using.network_bytes_s,
    }


def table(using: Constants) -> str:
    """Return the predictions as Markdown rows."""
    rows = []
    for name, volume in VOLUMES.items():
        for cores in CORES:
            seconds = part_seconds(volume, cores, using)
            full = max(seconds, key=lambda part: seconds[part])
            cells = [f"{one / 3600:,.2f}" for one in seconds.values()]
            fits = "yes" if seconds[full] <= DAY_S else "no"
            rows.append(f"| {name} | {cores} | {' | '.join(cells)} | {full} | {fits} |")
    return "\n".join(rows)
