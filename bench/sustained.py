"""Measure a watch that is always behind, for minutes: `python -m bench.sustained --seconds 600`.

A writer of its own renames files of about 16 MiB into a spool folder, which the watch empties. So the disk holds a few
of them, however long it takes. Each file has a first line of its own, so that none is a copy. One line in a thousand is
a hit. The watch hashes each part (SHA-256) and registers it; it makes no leads.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from tests.office import combined_log
from tests.services.live.unit import LiveOffice

from bench.live import make_office
from sightline.services.live.watch import WatchTotals, watch

WAITING = 12
"""How many files wait at most: about 190 MB."""
WINDOW_S = 10.0
BLOCK_LINES = 10_000
BLOCKS = 13
"""Blocks of a file, so that it is smaller than a part."""


@dataclass(slots=True)
class Rates:
    """Counts what is registered in each window, and stops the watch after some time.

    `rss_bytes`, `waiting`: memory, and the number of files that wait, at the end of each window.
    """

    spool: Path
    seconds: float
    stop: Event
    begun_s: float = field(default_factory=time.monotonic)
    begun_cpu_s: float = field(default_factory=time.process_time)
    lines: list[int] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    _before: int = 0
    _window: int = 0

    def __call__(self, totals: WatchTotals) -> None:
        """Take the totals after a part."""
        passed_s = time.monotonic() - self.begun_s
        if passed_s >= (self._window + 1) * WINDOW_S:
            self._window += 1
            self.lines.append(totals.lines - self._before)
            self._before = totals.lines
            self.rss_bytes.append(rss_bytes())
            self.waiting.append(len(list(self.spool.iterdir())))
        if passed_s >= self.seconds:
            self.stop.set()


def rss_bytes() -> int:
    """Return the memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def write_files(spool: Path, block: bytes) -> None:
    """Rename files into the folder for ever, and wait while enough of them wait."""
    number = 0
    while True:
        while len(os.listdir(spool)) >= WAITING:  # noqa: PTH208  - many times a second
            time.sleep(0.005)
        first = combined_log(1, start=7 * number + 1, hits_every=1 << 60).replace("/room/", f"/file/{number}/")
        with (beside := spool / f".{number}").open("wb") as stream:
            stream.write(first.encode())
            for _ in range(BLOCKS):
                stream.write(block)
        beside.rename(spool / f"{number:09}.log")
        number += 1


@contextmanager
def writing(spool: Path) -> Iterator[None]:
    """Write files in a process of its own while the block runs."""
    block = combined_log(BLOCK_LINES, hits_every=1000).encode()
    child = os.fork()
    if not child:
        try:
            write_files(spool, block)
        finally:
            os._exit(0)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def measure(live: LiveOffice, seconds: float) -> dict[str, object]:
    """Return how many lines a second were read and registered, as a whole and in the slowest ten seconds."""
    spool = live.log.with_name("spool")
    spool.mkdir()
    live = replace(live, request=replace(live.request, inputs=(spool,)))
    with writing(spool):
        time.sleep(1)
        rates = Rates(spool, seconds, stop := Event())
        totals = watch(live.office.io, live.request, rates, stop)
        took_s, cpu_s = time.monotonic() - rates.begun_s, time.process_time() - rates.begun_cpu_s
    quarter = max(1, len(rates.rss_bytes) // 4)
    memory = [statistics.median(rates.rss_bytes[at : at + quarter]) for at in range(0, 4 * quarter, quarter)]
    return {
        "seconds": took_s,
        "lines": totals.lines,
        "bytes": totals.bytes,
        "parts": totals.parts,
        "hits": totals.hits,
        "rejects": totals.rejects,
        "gaps": totals.gaps,
        "lines_per_s": totals.lines / took_s,
        "lines_per_cpu_s": totals.lines / cpu_s,
        "slowest_window_lines_per_s": min(rates.lines) / WINDOW_S,
        "windows_lines": rates.lines,
        "windows_with_nothing_waiting": rates.waiting.count(0),
        "memory_quarters_bytes": memory,
        "memory_growth": memory[-1] / memory[1],
        "most_bytes": max(rates.rss_bytes),
    }


def main() -> int:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="at least 40, so that quarters can be compared")
    parser.add_argument("--indicators", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-sustained-") as folder:
        found = measure(make_office(Path(folder), arguments.indicators), arguments.seconds)
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
