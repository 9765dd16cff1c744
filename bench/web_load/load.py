"""The web app under load: so many officers for so long, what each kind of request took, and how long writers waited."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.web_load.client import Client
from bench.web_load.copies import WorkspaceCopy
from bench.web_load.officer import SHARES, Officer, RequestTimes
from bench.web_load.server import Served, processor_of, serving
from sightline.storage.database import run_transaction
from sightline.workspace.workspace import open_workspace

PROBED_EACH_S = 0.25


@dataclass(frozen=True, slots=True)
class Load:
    """Officers at once, for how long, and how long each thinks between two acts on average (exponentially).

    `workers`: processes that answer.
    """

    officers: int
    seconds: float
    think_s: float = 5.0
    seed: int = 1
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen. `done`: how many of each kind were answered as they should be, from the first page on.

    `waits`: what a stranger waited for to write to the store, once in a quarter of a second, in s.

    Processor time in seconds while the officers worked: of the web app, of PostgreSQL, and of those who asked.
    """

    seconds: Mapping[str, Sequence[float]]
    errors: Sequence[str]
    done: Counter[str]
    waits: Sequence[float]
    lasted_s: float
    warm_s: float
    room_s: float
    store_s: float
    client_s: float
    complaints: str

    @property
    def every(self) -> list[float]:
        """What each request took, whatever its kind, in seconds."""
        return [one for second in self.seconds.values() for one in second]


def at(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def run(ground: WorkspaceCopy, load: Load) -> Result:
    """Start the web app, let officers work in it, stop it."""
    with serving(ground.workspace, ground.keys, load.officers, load.workers) as served:
        return asyncio.run(_loaded(ground, load, served))


async def _loaded(ground: WorkspaceCopy, load: Load, served: Served) -> Result:
    dealt = random.Random(load.seed).sample(ground.leads, min(len(ground.leads), load.officers * 20))
    officers = [
        Officer(Client(served.port), link, dealt[at_ :: load.officers], ground.world, load.seed * 10_000 + at_)
        for at_, link in enumerate(served.links)
    ]
    began = time.monotonic()
    await officers[0].signs_in_when_open()
    for officer in officers[1:]:
        await officer.signs_in()
    times = RequestTimes()
    # Links go to the workers in turn: each makes its caches before anything is measured.
    for officer in officers[: load.workers]:
        for kind in SHARES:
            await officer.does(kind, times)
    warm_s = time.monotonic() - began
    times.seconds.clear()
    before = _processors(served)
    began, waits = time.monotonic(), list[float]()
    probe = asyncio.create_task(_probed(ground, waits))
    await asyncio.gather(*(officer.works(times, began + load.seconds, load.think_s) for officer in officers))
    probe.cancel()
    lasted = time.monotonic() - began
    used = [now - then for now, then in zip(_processors(served), before, strict=True)]
    complaints = served.complaints.read_text(encoding="utf-8").partition("(Ctrl-C closes it)\n")[2]
    return Result(
        dict(times.seconds), times.errors, times.done, waits, lasted, warm_s, used[0], used[1], used[2], complaints
    )


async def _probed(ground: WorkspaceCopy, waits: list[float]) -> None:
    """Ask for the store's one place for a writer, again and again, and give it back at once."""
    workspace = open_workspace(ground.workspace)

    def wait() -> float:
        began = time.perf_counter()
        with run_transaction(workspace.engine, writes=True):
            return time.perf_counter() - began

    while True:
        waits.append(await asyncio.to_thread(wait))
        await asyncio.sleep(PROBED_EACH_S)


def _processors(served: Served) -> tuple[float, float, float]:
    return served.processor_s(), processor_of("postgres", os.getpid()), time.process_time()
