"""All that is measured of the web app, as tables for `docs/explanation/performance.md`: under eight minutes in all.

`python -m bench.web_load.report --prepare` makes the workspaces, which takes long; then, on a quiet machine,
`python -m bench.web_load.report`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.web_load import pages, paints
from bench.web_load.__main__ import database
from bench.web_load.copies import kept_folder, restored
from bench.web_load.load import Load, Result, at, run
from bench.web_load.officer import WRITING

LOADS = (("SQLite", "sqlite", 20, 1), ("PostgreSQL", "postgresql", 200, 2))
"""Name, kind, officers, and processes that answer."""
PARTS = ("load", "pages", "exercise", "paints")


def main() -> int:
    """Measure the parts asked for and print their tables."""
    parser = argparse.ArgumentParser(prog="bench.web_load.report", description="The web app's figures, as tables.")
    parser.add_argument("--prepare", action="store_true", help="make the workspaces only")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated (default: all)")
    parser.add_argument("--sessions", type=int, default=20_000, help="of the exercise")
    parser.add_argument("--leads", type=int, default=5_000_000, help="made-up leads")
    parser.add_argument("--seconds", type=float, default=60, help="how long officers work")
    parser.add_argument("--think", type=float, default=5, help="seconds that each thinks between two acts, on average")
    parser.add_argument("--requests", type=int, default=8, help="of each page")
    arguments = parser.parse_args()
    kept_folder(f"room-{arguments.sessions}", sessions=arguments.sessions)
    kept_folder(f"room-leads-{arguments.leads}", leads=arguments.leads)
    if arguments.prepare:
        return 0
    made = {
        "load": lambda: show_loads(arguments.sessions, arguments.seconds, arguments.think),
        "pages": lambda: pages.show_pages(pages.measured(arguments.leads, 0, arguments.requests)),
        "exercise": lambda: pages.show_pages(pages.measured(None, arguments.sessions, arguments.requests)),
        "paints": lambda: paints.show_paints(paints.measured(arguments.sessions, 3)),
    }
    for part in arguments.only or PARTS:
        began = time.monotonic()
        print(f"\n### {part}\n")
        for line in made[part]():
            print(line, flush=True)
        load = " ".join(f"{one:.1f}" for one in os.getloadavg())
        print(f"{part}: {time.monotonic() - began:.0f} s, load {load}", file=sys.stderr, flush=True)
    return 0


def show_loads(sessions: int, seconds: float, think_s: float) -> Iterator[str]:
    """Let officers work on each kind of database, and yield a table of all and one of each page."""
    folder, found = kept_folder(f"room-{sessions}", sessions=sessions), dict[str, Result]()
    for name, kind, officers, workers in LOADS:
        place = Path(tempfile.mkdtemp(prefix="room-", dir=folder.parent))
        with database(kind) as url, restored(folder, place, url, officers) as ground:
            titled = f"{officers} officers, {name}, workers: {workers}"
            found[titled] = run(ground, Load(officers, seconds, think_s, workers=workers))
    yield "| | requests a second | median | 95 % | 99 % | most | a writer waits, 95 % | processors a request | errors |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, one in found.items():
        count, every = len(one.every), one.every
        times = " | ".join(f"{at(every, share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99, 1))
        processors = f"{one.room_s / count * 1000:.0f} + {one.store_s / count * 1000:.0f} ms of PostgreSQL"
        wait = f"{at(one.waits, 0.95) * 1000:.0f} ms"
        yield f"| {name} | {count / one.lasted_s:.1f} | {times} | {wait} | {processors} | {len(one.errors)} |"
    yield ""
    yield f"| median, 95 %, 99 % in ms | {' | '.join(found)} |"
    yield "|---|" + "---|" * len(found)
    kinds = sorted(
        {kind for result in found.values() for kind in result.seconds},
        key=lambda one: (one.removeprefix("after ") in WRITING, one.removeprefix("after "), one),
    )
    for kind in kinds:
        yield f"| {kind} | " + " | ".join(_times(result, kind) for result in found.values()) + " |"
    for name, one in found.items():
        yield from (f"{name}: {why}" for why in sorted(set(one.errors))[:10])
        yield from one.complaints.splitlines()[-10:]


def _times(found: Result, kind: str) -> str:
    values = found.seconds.get(kind, [])
    if not values:
        return "-"
    return ", ".join(f"{at(values, share) * 1000:.0f}" for share in (0.5, 0.95, 0.99)) + f" ({len(values)})"


if __name__ == "__main__":
    sys.exit(main())
