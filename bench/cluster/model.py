"""A cost model of a cluster: how long each part needs for an amount of logs, and which part is full first."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.storage.object_path import FIRST_BYTES, PIECE_BYTES

DAY_S = 86_400
VOLUMES = {"1 TB": 1e12, "100 TB": 1e14, "1 PB": 1e15}
CORES = (8, 64, 512)


@dataclass(frozen=True, slots=True)
class Constants:
    """Processor seconds, as `bench.cluster constants` and `tasks` measured them, for gzip and PostgreSQL.

    `object_s_byte`: what a stored byte costs more if it comes from an S3 store. Assumed: a link of 10 Gbit/s, bytes
    that gzip packs 8 to 1, and exhibits of 128 MB before they were packed.
    """

    core_bytes_s: float = 195e6
    file_s: float = 0.0197
    task_coordinator_s: float = 0.0043
    task_scheduler_s: float = 0.0053
    network_bytes_s: float = 1.25e9
    packed: float = 8.0
    file_bytes: float = 128e6
    object_s_byte: float = 0.66e-9


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
            cells = [f"{second / 3600:,.2f}" for second in seconds.values()]
            fits = "yes" if seconds[full] <= DAY_S else "no"
            rows.append(f"| {name} | {cores} | {' | '.join(cells)} | {full} | {fits} |")
    return "\n".join(rows)


def object_requests(size_bytes: float) -> int:
    """Return the requests that reading a stored object takes: small ranges first, then whole ones."""
    length, count, done = FIRST_BYTES, 0, 0.0
    while done < size_bytes or count == 0:
        done, count, length = done + length, count + 1, min(4 * length, PIECE_BYTES)
    return count


def objects_table(using: Constants) -> str:
    """Return what it means to read the same volumes from an S3 store, as Markdown rows.

    The coordinator requests the beginning of each object, and a worker all of it.
    """
    rows = []
    for name, volume in VOLUMES.items():
        stored = using.file_bytes / using.packed
        count = volume / using.file_bytes * (1 + object_requests(stored))
        more = using.object_s_byte / using.packed * using.core_bytes_s
        rows.append(f"| {name} | {count:,.0f} | {count / DAY_S:,.1f} | {100 * more:.1f} % |")
    return "\n".join(rows)
