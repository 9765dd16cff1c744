"""Bar 5 for pages: pages and counts of five million leads: `python -m bench.lead_pages [--leads N --requests N]`.

The generation is made up (`tests/services/lead_index/generation.py`), once, and kept under
`bench/work`: two sources, two
issuers, 18 states, 40 districts a state, 30 networks. Each request filters as none did before, so nothing kept helps.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.services.lead_index.generation import DAYS, STATES, Shape, generation, ground
from tests.services.leads.office import new_lead_office

from bench.inputs import WORK
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.lead_view import CountColumn, View
from sightline.services.lead_index.sort_orders import SORTS
from sightline.workspace.workspace import Workspace, open_workspace

MIB = 1 << 20
WANTED_MS = 100


@dataclass
class Times:
    """What requests of a kind took: on the clock, and of all processors together."""

    clock_ms: list[float] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)

    def of(self, request: Callable[[], object]) -> None:
        """Time a request."""
        clock, processor = time.perf_counter(), time.process_time()
        request()
        self.clock_ms.append((time.perf_counter() - clock) * 1000)
        self.processor_ms.append((time.process_time() - processor) * 1000)


def main() -> int:
    """Print what pages and counts take; 1 where one misses the bar."""
    parser = argparse.ArgumentParser(prog="bench.lead_pages", description="Pages and counts of made-up leads.")
    parser.add_argument("--leads", type=int, default=5_000_000)
    parser.add_argument("--requests", type=int, default=60, help="of each kind")
    arguments = parser.parse_args()
    workspace = make_workspace(arguments.leads)
    before, begins, began = resident(), time.perf_counter(), time.process_time()
    view = LeadIndex(workspace).open_view()
    gc.collect()
    print(f"loaded in {time.perf_counter() - begins:.1f} s, {time.process_time() - began:.1f} s of processors")
    print(
        f"columns {view.columns.size_bytes / MIB:,.0f} MiB and ranks {len(SORTS) * 4 * arguments.leads / MIB:,.0f} MiB"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"resident {resident() - before:,.0f} MiB more than before, at most {peak:,.0f} MiB in all while loading")
    times = measured(view, arguments.requests)
    print(f"{'':24} clock: median    95 %   worst   processors: median    95 %  (ms)")
    for name, one in times.items():
        clock, processor = sorted(one.clock_ms), sorted(one.processor_ms)
        low, high = len(clock) // 2, len(clock) * 95 // 100
        row = (clock[low], clock[high], clock[-1])
        print(f"{name:24} {row[0]:13.0f} {row[1]:7.0f} {row[2]:7.0f} {processor[low]:20.0f} {processor[high]:7.0f}")
    return int(any(sorted(one.clock_ms)[len(one.clock_ms) * 95 // 100] > WANTED_MS for one in times.values()))


def make_workspace(leads: int) -> Workspace:
    """A workspace whose current generation has so many leads."""
    folder = WORK / f"browsing-{leads}"
    if not (folder / "made").exists():
        officer_session = new_lead_office(folder)
        generation(officer_session, ground(officer_session), Shape(leads, max(leads // 4, 100)))
        (folder / "made").touch()
    return open_workspace(folder / "workspace")


def measured(view: View, requests: int) -> dict[str, Times]:
    """The times of requests of each kind, one after the other, each with a filter of its own."""
    kinds = ("first page", "page further on", *(f"count by {by}" for by in CountColumn), "funnel")
    times = {kind: Times() for kind in kinds}
    dice, sorts = random.Random(5), [*SORTS, *(f"-{name}" for name in SORTS)]
    for at in range(requests):
        sort, wide = sorts[at % len(sorts)], at % 3 == 0
        times["first page"].of(partial(view.read_page, draw_filter(dice, wide=wide), sort))
        after = view.read_page(draw_filter(dice, wide=wide), sort, limit=200).after
        times["page further on"].of(partial(view.read_page, draw_filter(dice, wide=wide), sort, after=after))
        for by in CountColumn:
            times[f"count by {by}"].of(partial(view.count_values, draw_filter(dice, wide=wide), by))
        times["funnel"].of(partial(view.count_funnel, draw_filter(dice, wide=wide)))
    return times


def draw_filter(dice: random.Random, *, wide: bool) -> LeadFilter:
    """A filter that was hardly asked before."""
    begins = f"2026-{1 + dice.randrange(DAYS // 31):02}-{1 + dice.randrange(28):02}"
    asn = tuple(str(64_496 + dice.randrange(30)) for _ in range(9))
    if wide:
        return LeadFilter(since=(begins,), asn=asn)
    place = tuple(dice.sample(STATES[:16], 3))
    return LeadFilter(since=(begins,), asn=asn, ceiling=("subscriber", "shared"), place=place)


def resident() -> float:
    """What the process has in memory, in MiB."""
    memory_line = next(
        line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmRSS")
    )
    return int(memory_line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
