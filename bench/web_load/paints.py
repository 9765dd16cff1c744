"""When pages are painted and how much they shift, as Chromium itself says, in a real `sightline serve`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page
from tests.web.paint_time import PAINTS, SHIFTS
from tests.web.world import chromium

from bench.web_load.copies import kept_folder, linked
from bench.web_load.server import serving

SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
PATIENCE_MS = 90_000


@dataclass(frozen=True, slots=True)
class Painted:
    """First and largest paint in milliseconds since the navigation began, and the sum of layout shifts."""

    first_ms: float
    largest_ms: float
    shift: float


def measured(sessions: int, loads: int) -> dict[str, list[Painted]]:
    """Return the loads of each page on an exercise: by a browser that was never here, wide and narrow."""
    folder, found = kept_folder(f"room-{sessions}", sessions=sessions), dict[str, list[Painted]]()
    with linked(folder, 1) as ground, serving(ground.workspace, ground.keys, 1) as served, chromium() as browser:
        address = f"http://127.0.0.1:{served.port}"
        signed_in = browser.new_context()
        _open(signed_in, address + served.links[0]).close()
        pages = ("/", "/inbox", "/leads", f"/leads/{ground.leads[0]}", "/notices", "/map", "/cases", "/approvals")
        for path in pages:
            # The server is warm.
            _open(signed_in, address + path).close()
            for name, size in SIZES.items():
                kind = f"{'/leads/…' if path.startswith('/leads/') else path}, {name}"
                found[kind] = [_load(browser, signed_in, size, address + path) for _ in range(loads)]
    return found


def _load(browser: Browser, signed_in: BrowserContext, size: dict[str, int], address: str) -> Painted:
    """Load a page in a new context, which has the cookies of one that is signed in and an empty cache."""
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]})
    context.add_cookies([dict(cookie) for cookie in signed_in.cookies()])  # type: ignore[misc]
    page = _open(context, address)
    first, largest = page.evaluate(PAINTS)
    made = Painted(first, largest, page.evaluate(SHIFTS))
    context.close()
    return made


def _open(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address, wait_until="load")
    return page


def show_paints(found: Mapping[str, Sequence[Painted]]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| page, cold browser | loads | first paint: median | most | largest: median | most | layout shift, most |"
    yield "|---|---|---|---|---|---|---|"
    for kind, loads in found.items():
        first, largest = [load.first_ms for load in loads], [load.largest_ms for load in loads]
        cells = (median(first), max(first), median(largest), max(largest))
        shift = max(load.shift for load in loads)
        yield f"| {kind} | {len(loads)} | " + " | ".join(f"{cell:.0f} ms" for cell in cells) + f" | {shift:.3f} |"
