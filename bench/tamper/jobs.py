"""Tries in several processes, each with a record of its own."""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.tamper.tries import Tally, run, sweep
from bench.tamper.world import make


def in_jobs(tries: int, seed: int, jobs: int) -> Tally:
    """Run so many tries in several processes; the first one sweeps besides. Each has a seed of its own."""
    shares = [tries // jobs + (number < tries % jobs) for number in range(jobs)]
    whole = Tally(Counter(), [])
    # A process that was forked would share connections and threads of this one.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for part in pool.map(_job, shares, range(seed, seed + jobs), [number == 0 for number in range(jobs)]):
            whole.tries += part.tries
            whole.missed += part.missed
    return whole


def _job(tries: int, seed: int, sweeps: bool) -> Tally:
    with tempfile.TemporaryDirectory(prefix="sightline-tamper-") as folder:
        world = make(Path(folder))
        swept = sweep(world, seed) if sweeps else Tally()
        tally = run(world, tries, seed)
    tally.tries["sweep"] += swept.tries.total()
    return Tally(+tally.tries, tally.missed + swept.missed)
