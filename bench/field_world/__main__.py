"""Make a world, let a unit work on it by the command line, and grade what it named."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from bench.field_world.campaign import Campaign
from bench.field_world.grade import GradedVisit, correct_time, grade, grade_places, read_parts
from bench.field_world.holdings import ExitTimes
from bench.field_world.isps import Isp
from bench.field_world.office import Office
from bench.field_world.servers import BY_NAME
from bench.field_world.world import World, make_world

LATE = "Kaveri DSL"
"""Whose addresses turn out to be shared, in the end: none of its lines may be named then."""


def main() -> int:
    """Run worlds; 1 where a wrong line was named although a record tells of it."""
    parser = argparse.ArgumentParser(prog="bench.field_world", description=__doc__)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faulty", type=float, default=0.25, help="the share of reply rows with a fault")
    parser.add_argument("--folder", type=Path, help="keep world and workspace there")
    parser.add_argument("--verbose", action="store_true", help="show every command and what it printed")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="field-world-"))
    try:
        found = run(arguments.seed, arguments.sessions, arguments.faulty, folder, arguments.verbose)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found, indent=None if arguments.json else 1, default=str))
    return (
        1
        if any(
            name.startswith(("wrong-traced", "mixed-traced", "corroborated-wrong-traced")) for name in found["counts"]
        )
        else 0
    )


Judge = Callable[[list[GradedVisit], Campaign, list[Isp]], dict[str, int]]
"""Whoever else says what a careful reader concludes: counts, under `crossed` in the report."""


def run(
    seed: int, sessions: int, faulty: float, folder: Path, verbose: bool = False, judge: Judge | None = None
) -> dict[str, Any]:
    """Make a world in a folder, work on it and return the report."""
    began = time.monotonic()
    world = make_world(seed, sessions, folder)
    _say(f"world: {len(world.visits)} visits, {time.monotonic() - began:.0f} s")
    campaign = Campaign(Office(folder, verbose), world, faulty, now=time.time() // 86_400 * 86_400)
    campaign.prepare()
    for number in (1, 2):
        campaign.scan(number)
        _say(f"round {number} scanned, {time.monotonic() - began:.0f} s")
        notices = campaign.ask()
        campaign.answer()
        campaign.follow()
        _say(f"round {number}: {notices} notices answered, {time.monotonic() - began:.0f} s")
    exits = ExitTimes.read(folder / "data" / "exits")
    seen = see(world)
    campaign.note_doubts()
    report = grade(seen, campaign.sessions(), world.isps, campaign.replies, campaign.forms, exits)
    crossed = judge(seen, campaign, world.isps) if judge else None
    grade_places(report, seen, campaign.leads())
    campaign.state_late(LATE)
    for part in read_parts(campaign.sessions()):
        names = {str(subscriber["licensee"]) for subscriber in part.subscribers}
        report.counts["named-after-late-statement"] += part.verdict == "subscriber" and names == {LATE}
    found = report.as_json() | ({"crossed": crossed} if crossed is not None else {})
    found |= {"seed": seed, "sessions": sessions, "faulty": faulty, "refused": campaign.why_refused()}
    found |= {"notes": dict(Counter(campaign.refused)), "seconds": round(time.monotonic() - began)}
    found["commands_s"] = {name: round(spent, 1) for name, spent in sorted(campaign.office.seconds.items())}
    return found


def see(world: World) -> list[GradedVisit]:
    """Return the visits as a reader of the logs knows them."""
    return [
        GradedVisit(visit, str(ip_address(visit.ip)), correct_time(visit, world.begin, world.end))
        for visit in world.visits
        if visit.server in BY_NAME
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
