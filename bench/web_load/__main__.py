"""`python -m bench.web_load`: officers at once in a real web app, and how long each page lets them wait."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postgres import Postgres

from bench.web_load.copies import MOST, kept_folder, restored
from bench.web_load.load import Load, Result, at, run
from bench.web_load.officer import WRITING

WANTED_MS, WAIT_S = 300, 1.0


def main() -> int:
    """Print what officers waited for; 1 where there was an error, or it was longer than wanted."""
    parser = argparse.ArgumentParser(prog="bench.web_load", description="Officers at once in a real web app.")
    parser.add_argument("--officers", type=int, help="how many (default: 200 on PostgreSQL, 20 on SQLite)")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--seconds", type=float, default=60, help="how long they work")
    parser.add_argument("--think", type=float, default=5, help="seconds that each thinks between two acts, on average")
    parser.add_argument(
        "--workers", type=int, help="processes that answer (default: 2 for more than 50 officers, or 1)"
    )
    parser.add_argument("--sessions", type=int, default=20_000, help="of the exercise")
    parser.add_argument("--leads", type=int, help="made-up leads, so many, in the place of an exercise")
    parser.add_argument("--wanted-ms", type=int, default=WANTED_MS, help="at the 95th percentile")
    arguments = parser.parse_args()
    officers = arguments.officers or (200 if arguments.database == "postgresql" else 20)
    if officers > MOST or arguments.seconds > 3600:
        parser.error(f"at most {MOST} officers, for an hour")
    workers = arguments.workers or (2 if officers > 50 else 1)
    name = f"room-leads-{arguments.leads}" if arguments.leads else f"room-{arguments.sessions}"
    folder = kept_folder(name, sessions=0 if arguments.leads else arguments.sessions, leads=arguments.leads or 0)
    os.nice(5)
    with database(arguments.database) as url:
        place = Path(tempfile.mkdtemp(prefix="room-", dir=folder.parent))
        with restored(folder, place, url, officers) as ground:
            found = run(ground, Load(officers, arguments.seconds, arguments.think, workers=workers))
    print("\n".join(show_run(found, officers)))
    p95_ms = at(found.every, 0.95) * 1000
    return int(bool(found.errors or found.complaints) or p95_ms > arguments.wanted_ms or max(found.waits) > WAIT_S)


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """The URL of an empty database on a PostgreSQL server of its own; None for SQLite."""
    if kind == "sqlite":
        yield None
        return
    server = Postgres()
    try:
        yield server.fresh()
    finally:
        server.close()


def show_run(found: Result, officers: int) -> Iterator[str]:
    """Yield the lines that tell of a run."""
    yield f"{'ms':26} {'requests':>8} {'median':>8} {'95 %':>8} {'99 %':>8} {'most':>8}"
    kinds = sorted(found.seconds, key=lambda one: (one.removeprefix("after ") in WRITING, one.removeprefix("after ")))
    for kind in kinds:
        yield _row(kind, found.seconds[kind])
    yield _row("all", found.every)
    yield _row("a writer's wait (probe)", found.waits)
    count = len(found.every)
    yield (
        f"{officers} officers, {found.lasted_s:.0f} s, {count / found.lasted_s:.1f} requests a second;"
        f" processors a request: {found.room_s / count * 1000:.1f} ms web app, {found.store_s / count * 1000:.1f} ms"
        f" PostgreSQL; who asked took {found.client_s:.1f} s; opening and signing in {found.warm_s:.1f} s;"
        f" load {' '.join(f'{one:.1f}' for one in os.getloadavg())}"
    )
    yield f"errors: {len(found.errors)}"
    yield from sorted(set(found.errors))[:20]
    yield from found.complaints.splitlines()[-20:]


def _row(name: str, values: Sequence[float]) -> str:
    cells = [at(values, 0.5), at(values, 0.95), at(values, 0.99), max(values, default=0.0)]
    return f"{name:26} {len(values):8,} " + " ".join(f"{cell * 1000:8.0f}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
