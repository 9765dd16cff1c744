"""Kill a watch at random events, and report that nothing is lost or doubled: `python -m bench.live_kills`."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.office import combined_log
from tests.services.live.test_kill import fill, grow, kill_at
from tests.services.live.unit import LiveOffice

from sightline.services.verification.verify import VerifyRequest, verify_workspace

EVENTS = 330
"""The last event of a watch of one step at which it can be killed."""

NEVER = 1 << 62


def run(folder: Path, kills: int, seconds: float, dice: random.Random, *, is_spool: bool) -> dict[str, object]:
    """Kill a watch so many times, or for so long. Raises AssertionError if a line is lost or doubled."""
    folder.mkdir()
    live = LiveOffice.found(folder, *((folder / "log",) if is_spool else ()))
    live = replace(live, request=replace(live.request, makes_leads=True))
    add: Callable[[LiveOffice, str, int], None] = fill if is_spool else grow
    # Before its start is registered, nothing says that there is a feed.
    texts = [combined_log(60, hits_every=5)]
    add(live, texts[0], 0)
    kill_at(NEVER, live)
    killed, until_s = 0, time.monotonic() + seconds
    while killed < kills and time.monotonic() < until_s:
        texts.append(combined_log(60, start=1000 * len(texts), hits_every=5))
        add(live, texts[-1], len(texts) - 1)
        killed += kill_at(dice.randrange(1, EVENTS), live)
    assert live.watch_once().gaps == []
    live.require_whole(*texts)
    findings = verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings
    return {
        "input": "spool" if is_spool else "growing file",
        "watches": len(texts),
        "kills": killed,
        "lines": 60 * len(texts),
        "parts": len(live.parts()),
        "hits": sum(live.hits().values()),
        "findings_of_verify": len(findings),
    }


def main() -> int:
    """Kill, compare, and print one JSON object for each input."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--kills", type=int, default=250, help="for each of the two inputs")
    given.add_argument("--seconds", type=float, default=3600, help="most for each of the two inputs")
    given.add_argument("--seed", type=int, default=1)
    arguments = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-kills-") as folder:
        for number, is_spool in enumerate((False, True)):
            dice = random.Random(arguments.seed + number)
            found = run(Path(folder) / str(number), arguments.kills, arguments.seconds, dice, is_spool=is_spool)
            json.dump(found, sys.stdout)
            sys.stdout.write("\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
