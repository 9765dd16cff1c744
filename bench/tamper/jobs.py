"""Tries in several processes, each with a record of its own."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.tamper.tries import Tally, run, sweep
from bench.tamper.world import make


def in_jobs(tries: int, seed: int, jobs: int) -> Tally:
    """Run so many tries in several processes; the first one sweeps besides. Each has a seed of its own."""
    shares = [tries // jobs + (number < tries % jobs) for number in range(jobs)]
    tally = Tally(Counter(), [])
    # A process that was forked would share connections and threads of this one.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for part in pool.map(_job, shares, range(seed, seed + jobs), [number == 0 for number in range(jobs)]):
            tally.tries += part.tries
            tally.missed += part.missed
    return tally


def _job(tries: int, seed: int, sweeps: bool) -> Tally:
    with tempfile.TemporaryDirectory(prefix="sightline-tamper-") as folder:
        world = make(Path(folder))
        swept = sweep(world, seed) if sweeps else Tally()
        tally = run(world, tries, seed, _show_each_minute())
    tally.tries["sweep"] += swept.tries.total()
    return Tally(+tally.tries, tally.missed + swept.missed)


def _show_each_minute() -> Callable[[str], None]:
    """Return what writes the progress: a run that is broken off has shown how far it was."""
    shown_s = time.monotonic()

    def show(text: str) -> None:
        nonlocal shown_s
        if time.monotonic() - shown_s >= 60:
            shown_s = time.monotonic()
            sys.stderr.write(f"{text}\n")

    return show
