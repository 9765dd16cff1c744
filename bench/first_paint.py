"""First paint of Home, as Chromium says it, on a record of the demo's size: `python -m bench.first_paint [--loads N]`.

The record is made once and kept under `bench/work`: a world of 3,000 sessions that a unit has worked in. Cold: each
load by a browser that was never here. Warm: by one that has script, style and fonts. The server is warm for both.
"""

from __future__ import annotations

import argparse
import shutil
from statistics import median
from tempfile import mkdtemp

from tests.web.paint_time import Painted, painted
from tests.web.used_workspace import used_workspace
from tests.web.world import chromium, served

from bench.inputs import WORK
from sightline.model import Role
from sightline.web.app import AppConfig

SESSIONS, SEED = 3000, 1
"""The demo's."""
WANTED_MS = 1000


def main() -> int:
    """Print when Home is painted; 1 where half of the loads miss the bar."""
    parser = argparse.ArgumentParser(prog="bench.first_paint", description="First and largest paint of Home.")
    parser.add_argument("--loads", type=int, default=10, help="of each kind")
    arguments = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    own = mkdtemp(dir=WORK)
    try:
        found = measured(arguments.loads, own)
    finally:
        shutil.rmtree(own)
    print(f"{'Home, ms':24} first: median   most   largest: median   most   script, bytes")
    for name, loads in found.items():
        print(row(name, loads))
    return int(any(median(load.first_ms for load in loads) > WANTED_MS for loads in found.values()))


def measured(loads: int, own: str) -> dict[str, list[Painted]]:
    """The loads of each role, cold and warm."""
    found = {}
    lived = used_workspace(WORK / f"lived-{SESSIONS}", WORK / own / "unit", SESSIONS, SEED)
    with (
        served(AppConfig(lived.workspace, clock=lived.clock), lived.officer_sessions) as app_server,
        chromium() as browser,
    ):
        for role in (Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT):
            painted(browser, app_server, role, 1, is_warm=False)
            for name, is_warm in (("cold", False), ("warm", True)):
                found[f"{role}, {name}"] = painted(browser, app_server, role, loads, is_warm=is_warm)
    return found


def row(name: str, loads: list[Painted]) -> str:
    """A line of the table."""
    first, largest = ([getattr(load, of) for load in loads] for of in ("first_ms", "largest_ms"))
    bytes_ = max(load.script_bytes for load in loads)
    return f"{name:32}{median(first):7.0f} {max(first):6.0f} {median(largest):17.0f} {max(largest):6.0f} {bytes_:15,}"


if __name__ == "__main__":
    raise SystemExit(main())
