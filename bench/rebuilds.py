"""Measure the processor time of a rebuild after a restart, and after one more part: `python -m bench.rebuilds`.

A spool folder is watched whose files have one flagged line each, from 500 addresses in turn. At each number of parts,
a new process makes the first rebuild, and then one after each further part.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.office import combined_log
from tests.services.live.unit import LiveOffice

from sightline.model.progress import ignore_progress
from sightline.services.leads.rebuild import rebuild_leads

ADDRESSES = 500
"""How many addresses make the flagged visits, in turn."""


def write_parts(spool: Path, numbers: range) -> None:
    """Write a spool file for each number, each with one flagged line."""
    other = combined_log(4, start=1, hits_every=1 << 40)
    for number in numbers:
        line = combined_log(1).replace("2001:db8::0", f"198.51.{100 + number % ADDRESSES // 250}.{number % 250}")
        beside = spool / f".{number}"
        beside.write_text(other + line.replace("/room/0", f"/room/{number}"))
        beside.rename(spool / f"{number:08}.log")


def measure_rebuilds(live: LiveOffice, spool: Path, numbers: range, profile: str | None) -> dict[str, float]:
    """Rebuild now, and after each further part. Return the processor and wall times in seconds."""
    rebuild: Callable[[], object] = lambda: rebuild_leads(live.office.io, ignore_progress)  # noqa: E731
    begun_s, begun_cpu_s = time.monotonic(), time.process_time()
    rebuild()
    first = {"first_s": time.monotonic() - begun_s, "first_cpu_s": time.process_time() - begun_cpu_s}
    walls, cpus = [], []
    profiler = cProfile.Profile()
    for at, number in enumerate(numbers):
        write_parts(spool, range(number, number + 1))
        live.watch_once()
        if profile and at == len(numbers) - 1:
            profiler.enable()
        begun_s, begun_cpu_s = time.monotonic(), time.process_time()
        rebuild()
        walls.append(time.monotonic() - begun_s)
        cpus.append(time.process_time() - begun_cpu_s)
    if profile:
        profiler.disable()
        profiler.dump_stats(profile)
    # The second rebuild of a process begins to remember sessions.
    return (
        first
        | {"next_s": walls[0], "next_cpu_s": cpus[0]}
        | {
            "later_s": statistics.median(walls[1:]),
            "later_cpu_s": statistics.median(cpus[1:]),
        }
    )


def measure_in_child(live: LiveOffice, spool: Path, numbers: range, profile: str | None) -> dict[str, float]:
    """Return what a new process measures: it remembers nothing."""
    reader, writer = os.pipe()
    if not os.fork():
        try:
            os.write(writer, json.dumps(measure_rebuilds(live, spool, numbers, profile)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.wait()
    return dict(json.loads(text))


def main() -> int:
    """Measure, and print one JSON object for each number of parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, nargs="+", default=[500, 2_000, 8_000])
    parser.add_argument("--rebuilds", type=int, default=6)
    parser.add_argument("--profile", help="write a profile of the last rebuild to this file")
    arguments = parser.parse_args()
    # The command line sets the garbage collector so, and it counts in the time of a rebuild.
    gc.set_threshold(100_000, 50, 50)
    with tempfile.TemporaryDirectory(prefix="sightline-rebuilds-") as name:
        folder, written = Path(name), 0
        (folder / "spool").mkdir()
        live = LiveOffice.found(folder, folder / "spool")
        live = replace(live, request=replace(live.request, pause_s=0.01))
        for parts in sorted(arguments.parts):
            write_parts(folder / "spool", range(written, parts))
            live.watch_once()
            written = parts + arguments.rebuilds
            found = measure_in_child(live, folder / "spool", range(parts, written), arguments.profile)
            print(json.dumps({"parts": parts} | found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
