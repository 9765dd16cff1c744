"""What each page costs: `python -m bench.web_load.pages`. One request at a time, by the clock and by processors.

The web app is walked by its links, as officers of two roles, so that pages that are added are measured too. Each page
is asked for once before. Processor time is of all threads of the server, without its children.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from tests.web.site_walk import NO_PAGE, OF_THE_DOOR, Offers, way_of

from bench.web_load.client import Client
from bench.web_load.copies import WorkspaceCopy, kept_folder, linked
from bench.web_load.load import at
from bench.web_load.officer import Officer
from bench.web_load.server import Served, serving
from sightline.web.layout.page_layout import NAVIGATION

OFFICERS = 10
"""The first of these is an investigating officer, the last a supervisor (`copies.ROLES`)."""
LOADED_S = 240
"""How long the first page may take, for which millions of leads are loaded."""
EXAMPLES = 2
MOST_WALKED = 250
WANTED_MS = 100
TOO_MANY, WAIT_S = 429, 1.0
DRAWN = ("leads", "leads narrowed", "leads sorted", "leads further on", "map")
"""Pages whose address an officer of the load draws, each time with another filter or order."""


@dataclass(slots=True)
class PageTimes:
    """What requests for a page took, in milliseconds, and the largest answer in bytes."""

    clock_ms: list[float] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    size_bytes: int = 0
    wrong: str = ""


def main() -> int:
    """Print what pages cost; 1 where one misses the bar."""
    parser = argparse.ArgumentParser(prog="bench.web_load.pages", description="The cost of each page of the web app.")
    parser.add_argument("--leads", type=int, help="made-up leads, so many, in the place of an exercise")
    parser.add_argument("--sessions", type=int, default=20_000, help="of the exercise")
    parser.add_argument("--requests", type=int, default=12, help="of each page")
    arguments = parser.parse_args()
    found = measured(arguments.leads, arguments.sessions, arguments.requests)
    print("\n".join(show_pages(found)))
    return int(any(at(page_times.clock_ms, 0.95) > WANTED_MS for page_times in found.values()))


def measured(leads: int | None, sessions: int, requests: int) -> dict[str, PageTimes]:
    """Return what each page took on made-up leads, or on an exercise."""
    name = f"room-leads-{leads}" if leads else f"room-{sessions}"
    folder = kept_folder(name, sessions=0 if leads else sessions, leads=leads or 0)
    with linked(folder, OFFICERS) as ground, serving(ground.workspace, ground.keys, OFFICERS) as served:
        return asyncio.run(_measured(ground, served, requests))


async def _measured(ground: WorkspaceCopy, served: Served, requests: int) -> dict[str, PageTimes]:
    found: dict[str, PageTimes] = {}
    for role, number in (("", 0), (" (supervisor)", OFFICERS - 1)):
        client = Client(served.port, LOADED_S)
        officer = Officer(client, served.links[number], list(ground.leads[:200]), ground.world, number)
        await officer.signs_in_when_open()
        walked = await _walk(client)
        if role:
            walked = {path: some for path, some in walked.items() if path not in found or path == "/"}
        for path, addresses in walked.items():
            found[path + (role if path in found else "")] = await _time(client, served, addresses, requests)
        for kind in () if role else DRAWN:
            drawn = [officer.address_of(kind) for _ in range(requests)]
            found[kind] = await _time(client, served, drawn, requests)
        client.close()
    return found


async def _walk(client: Client) -> dict[str, list[str]]:
    """Return addresses of every page that links lead to, a few of each."""
    found: dict[str, list[str]] = {}
    to_do, seen, count = deque(navigation_item.path for navigation_item in NAVIGATION), set[str](), 0
    while to_do and count < MOST_WALKED:
        address = to_do.popleft()
        way = way_of(address)
        if address in seen or way is None or way.path in OF_THE_DOOR or NO_PAGE.search(urlsplit(address).path):
            continue
        seen.add(address)
        if len(found.get(way.path, ())) >= EXAMPLES:
            continue
        count += 1
        answer = await client.get(address)
        if answer.status != 200:
            continue
        found.setdefault(way.path, []).append(address)
        links = (urljoin(address, link).partition("#")[0] for link in Offers(answer.text).links)
        to_do.extend(dict.fromkeys(link for link in links if link.startswith("/")))
    return dict(sorted(found.items()))


async def _time(client: Client, served: Served, addresses: Sequence[str], requests: int) -> PageTimes:
    made = PageTimes()
    for number in range(requests):
        address = addresses[number % len(addresses)]
        began, before = time.perf_counter(), served.thread_processor_s()
        answer = await client.get(address)
        while answer.status == TOO_MANY:  # no person asks so often, so the web app makes this one wait
            await asyncio.sleep(WAIT_S)
            began, before = time.perf_counter(), served.thread_processor_s()
            answer = await client.get(address)
        made.clock_ms.append((time.perf_counter() - began) * 1000)
        made.processor_ms.append((served.thread_processor_s() - before) * 1000)
        made.size_bytes = max(made.size_bytes, len(answer.text.encode()))
        if answer.status != 200:
            made.wrong = f"{address}: {answer.status}"
    return made


def show_pages(found: Mapping[str, PageTimes]) -> Iterator[str]:
    """Yield the lines of the table, the dearest page first."""
    yield "| page | requests | clock: median | 95 % | processors: median | 95 % | kB |"
    yield "|---|---|---|---|---|---|---|"
    for path, one in sorted(found.items(), key=lambda item: -at(item[1].processor_ms, 0.5)):
        clock, processor = one.clock_ms, one.processor_ms
        cells = (at(clock, 0.5), at(clock, 0.95), at(processor, 0.5), at(processor, 0.95), one.size_bytes / 1000)
        yield f"| {path} | {len(clock)} | " + " | ".join(f"{cell:.0f}" for cell in cells) + f" |{one.wrong}"


if __name__ == "__main__":
    sys.exit(main())
