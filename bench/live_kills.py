"""Kill a watch at random events, and report that nothing is lost or doubled: `python -m bench.live_kills`."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.office import combined_log
from tests.servers.kafka import Kafka
from tests.servers.nats import Nats
from tests.servers.program import HOST
from tests.services.live.messages import deliveries, require_messages
from tests.services.live.test_kill import fill, grow, kill_at
from tests.services.live.unit import LiveOffice

from sightline.services.live.brokers.url import Broker, parse_broker_url
from sightline.services.verification.verify import VerifyRequest, verify_workspace

EVENTS = 330
"""The last event of a watch of one step at which it can be killed."""

NEVER = 1 << 62


def grow_truncated(live: LiveOffice, text: str, number: int) -> None:
    """Append to the log; every third time it is copied and truncated first."""
    if number % 3 == 2:
        shutil.copy(live.log, live.log.with_name(f"access.log.{900 - number}"))
        os.truncate(live.log, 0)
    with live.log.open("a") as stream:
        stream.write(text)


WRITERS: dict[str, Callable[[LiveOffice, str, int], None]] = {
    "rename": grow,
    "copytruncate": grow_truncated,
    "spool": fill,
}
"""How a step adds lines: to a log that is rotated in one of two ways, or as a file of a spool folder."""


def run(folder: Path, kills: int, seconds: float, dice: random.Random, kind: str) -> dict[str, object]:
    """Kill a watch so many times, or for so long. Raises AssertionError if a line is lost or doubled."""
    folder.mkdir()
    live = LiveOffice.found(folder, *((folder / "log",) if kind == "spool" else ()))
    live = replace(live, request=replace(live.request, makes_leads=True))
    add = WRITERS[kind]
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
        "input": kind,
        "watches": len(texts),
        "kills": killed,
        "lines": 60 * len(texts),
        "parts": len(live.parts()),
        "hits": sum(live.hits().values()),
        "findings_of_verify": [f"{finding.part} {finding.where}: {finding.what}" for finding in findings],
    }


def run_broker(folder: Path, kills: int, seconds: float, dice: random.Random, broker: Broker) -> dict[str, object]:
    """Kill a watch of a real broker so often, and the broker after each tenth step. Raises as `run` does."""
    folder.mkdir()
    server: Nats | Kafka = Nats() if broker is Broker.NATS else Kafka()
    partitions = 1 if isinstance(server, Nats) else 2
    if isinstance(server, Nats):
        server.add_stream("FEED", ["web.>"])
    else:
        server.add_topic("FEED", partitions)
    live = LiveOffice.found(folder)
    inputs = (parse_broker_url(f"{broker}://{HOST}:{server.port}/FEED"),)
    live = replace(live, request=replace(live.request, inputs=inputs, makes_leads=True))
    sent: list[list[str]] = [[] for _ in range(partitions)]
    steps, killed, restarts, until_s = 0, 0, 0, time.monotonic() + seconds
    try:
        while killed < kills and time.monotonic() < until_s:
            lines = combined_log(60, start=1000 * steps, hits_every=5).splitlines()
            sent[steps % partitions] += lines
            if isinstance(server, Nats):
                server.publish("web.a", *lines)
            else:
                server.publish("FEED", steps % partitions, *lines)
            steps += 1
            if steps % 10 == 0:
                server.stop()
                server.start()
                restarts += 1
            killed += kill_at(dice.randrange(1, EVENTS), live)
        tries = 0
        while not live.has_parts() or sum(delivery.messages for delivery in deliveries(live)) < 60 * steps:
            assert live.watch_once().gaps == []
            tries += 1
            assert tries < 100, "some are lost"
    finally:
        server.close()
    require_messages(live, *sent)
    findings = verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings
    return {
        "input": broker.value,
        "watches": steps,
        "kills": killed,
        "kills_of_the_broker": restarts,
        "lines": 60 * steps,
        "parts": len(live.parts()),
        "hits": sum(live.hits().values()),
        "missing": sum(delivery.missing for delivery in deliveries(live)),
        "repeated": sum(delivery.repeated for delivery in deliveries(live)),
        "findings_of_verify": [f"{finding.part} {finding.where}: {finding.what}" for finding in findings],
    }


def main() -> int:
    """Kill, compare, and print one JSON object for each input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", action="append", choices=[*WRITERS, *Broker], help="default: rename and spool")
    parser.add_argument("--kills", type=int, default=250, help="for each input")
    parser.add_argument("--seconds", type=float, default=3600, help="most for each input")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    kinds = arguments.input or ("rename", "spool")
    if len(kinds) > 1:
        # Each in a process of its own: counting the hits starts Polars' threads, and a watch that is forked after that
        # waits for them for ever.
        same = [f"--{name}={getattr(arguments, name)}" for name in ("kills", "seconds", "seed")]
        words = [sys.executable, "-m", "bench.live_kills", *same]
        return max(subprocess.run([*words, "--input", kind], check=False).returncode for kind in kinds)
    kind = kinds[0]
    dice = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="sightline-kills-") as name:
        folder = Path(name) / "0"
        if kind in WRITERS:
            found = run(folder, arguments.kills, arguments.seconds, dice, kind)
        else:
            found = run_broker(folder, arguments.kills, arguments.seconds, dice, Broker(kind))
    json.dump(found, sys.stdout)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
