"""`python -m bench.cluster WHAT`: measure a cluster on loopback, as JSON.

`speed` compares a scan of one thread with a cluster of one and of two workers of one core, by wall time and by
processor time. `leads` compares a rebuild in the same way, by wall time. `tasks` sends tasks without an exhibit.
`kills` kills workers and schedulers in scans of small files. `constants` measures what one core does, `objects` what it
costs to read from an S3 store, `many` scans a folder of many small files, `archive` one archive as `speed` scans
files, `verify` verifies, and `model` predicts from these (`docs/explanation/scale.md`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from bench.cluster.constants import measure_constants
from bench.cluster.leads import THREADS, measure_leads
from bench.cluster.many_files import measure_many_files
from bench.cluster.model import Constants, objects_table, table
from bench.cluster.objects import measure_objects
from bench.cluster.speed import measure_speed, write_archives, write_logs
from bench.cluster.tasks import measure_tasks
from bench.cluster.verification import measure_verification


def main() -> int:
    """Measure, and print the result."""
    parser = argparse.ArgumentParser(prog="bench.cluster", description=__doc__)
    parser.add_argument(
        "what",
        choices=("speed", "archive", "verify", "tasks", "many", "kills", "constants", "leads", "objects", "model"),
    )
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--megabytes", type=int, default=64, help="unpacked size of each file, for speed")
    parser.add_argument("--packed", action="store_true", help="gzip the files, for speed")
    parser.add_argument("--on-cluster", action="store_true", help="with two workers, for many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--hits", type=int, default=10_000_000, help="for leads")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.what == "model":
        print(table(Constants()))
        print(objects_table(Constants()))
        return 0
    if arguments.what == "leads" and os.environ.get(THREADS) != "1":
        # Polars is loaded already, with all threads.
        os.execve(sys.executable, [sys.executable, "-m", "bench.cluster", *sys.argv[1:]], {**os.environ, THREADS: "1"})
    with tempfile.TemporaryDirectory(prefix="sightline-cluster-") as name:
        folder = Path(name)
        if arguments.what in {"speed", "archive"}:
            write = write_archives if arguments.what == "archive" else write_logs
            (folder / "logs").mkdir()
            write(folder / "logs", arguments.files, arguments.megabytes << 20, is_packed=arguments.packed)
            found = measure_speed(folder, folder / "logs", arguments.rounds)
        elif arguments.what == "verify":
            (folder / "logs").mkdir()
            write_logs(folder / "logs", arguments.files, arguments.megabytes << 20, is_packed=False)
            found = measure_verification(folder, folder / "logs", arguments.rounds)
        elif arguments.what == "tasks":
            found = measure_tasks(folder, arguments.tasks)
        elif arguments.what == "many":
            found = measure_many_files(folder, arguments.files, on_cluster=arguments.on_cluster)
        elif arguments.what == "constants":
            found = measure_constants(folder, arguments.files)
        elif arguments.what == "leads":
            found = measure_leads(folder, arguments.hits, arguments.rounds)
        elif arguments.what == "objects":
            found = measure_objects(folder, arguments.files)
        else:
            found = _kill(folder, arguments)
    print(json.dumps(found, indent=2))
    return 0


def _kill(folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    from tests.services.cluster.kills import scan_with_kills  # noqa: PLC0415

    from sightline.services.scan import cluster_reader  # noqa: PLC0415

    cluster_reader.BATCH_FILES = 4
    return dict(scan_with_kills(folder, arguments.files, arguments.kills, arguments.seed))


if __name__ == "__main__":
    raise SystemExit(main())
