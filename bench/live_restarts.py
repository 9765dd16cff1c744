"""Kill a watch that rebuilds leads at random moments: `python -m bench.live_restarts --kills 50`.

Lines come all the time, so a watch rebuilds several times before it is killed, and remembers runs and segments. At the
end every line and hit is there once, `verify` finds nothing, and the leads equal those of a process that remembers
nothing, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

from tests.office import combined_log
from tests.services.live.unit import LiveOffice, UntilIdle

from sightline.file_digests import compute_sha256
from sightline.model.progress import ignore_progress
from sightline.services.leads.generation_writer import write_generation
from sightline.services.leads.rebuild_inputs import find_current_generation, load_inputs
from sightline.services.live.watch import watch
from sightline.services.sessions.segment_reader import ROWS
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import generations


def start_watch(live: LiveOffice, stop: Event) -> int:
    """Return the process of a watch that goes on until it is stopped."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        watch(live.office.io, live.request, lambda _totals: None, stop)
        status = 0
    finally:
        os._exit(status)


def write_lines(live: LiveOffice, until_s: float, texts: list[str], dice: random.Random) -> None:
    """Append lines, some of them flagged, until a moment."""
    while time.monotonic() < until_s:
        text = combined_log(dice.randrange(1, 20), start=1000 * len(texts), hits_every=dice.choice([3, 5, 1 << 40]))
        texts.append(text)
        with live.log.open("a") as log:
            log.write(text)
        time.sleep(dice.uniform(0.0, 0.1))


def digest_leads(live: LiveOffice, folder: Path) -> Mapping[str, str]:
    """Return the digests of the files that this process, which remembers nothing, writes for the leads of now."""
    folder.mkdir()
    workspace = live.office.workspace
    write_generation(workspace, load_inputs(workspace), folder, ignore_progress, ROWS)
    return {path.name: compute_sha256(path) for path in folder.iterdir() if path.name != "aliases.parquet"}


def run_rounds(folder: Path, kills: int, most_s: float, dice: random.Random) -> dict[str, object]:
    """Kill a watch a number of times. Raises AssertionError if anything is lost, doubled, or otherwise in leads."""
    folder.mkdir()
    live, texts = LiveOffice.found(folder), list[str]()
    live = replace(live, request=replace(live.request, makes_leads=True))
    live.log.touch()
    write_lines(live, time.monotonic() + 0.2, texts, dice)
    # This process reads no segment before the end: threads of its libraries would not be there in its children.
    for _ in range(kills):
        child = start_watch(live, Event())
        write_lines(live, time.monotonic() + dice.uniform(0.1, most_s), texts, dice)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"the watch ended by itself: {status}"
    child = start_watch(live, UntilIdle())
    write_lines(live, time.monotonic() + most_s, texts, dice)
    assert os.waitpid(child, 0)[1] == 0
    child = start_watch(live, UntilIdle())
    assert os.waitpid(child, 0)[1] == 0
    live.require_whole(*texts)
    with live.office.workspace.read() as tables:
        generation = find_current_generation(tables)
    assert generation is not None
    mine = {Path(file.file).name: file.sha256 for file in generations.list_generation_files(generation)}
    mine.pop("aliases.parquet", None)
    assert mine == digest_leads(live, folder / "fresh")
    findings = verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings
    assert findings == [], findings
    return {
        "kills": kills,
        "lines": sum(text.count("\n") for text in texts),
        "hits": sum(live.hits().values()),
        "parts": len(live.parts()),
        "generations": generation.number,
    }


def main() -> int:
    """Run, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--most", type=float, default=3.0, help="most seconds that a watch lives")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-restarts-") as folder:
        dice = random.Random(arguments.seed)
        print(json.dumps(run_rounds(Path(folder) / "one", arguments.kills, arguments.most, dice)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
