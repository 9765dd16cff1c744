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
        "findings_of_verify": [f"{one.part} {one.where}: {one.what}" for one in findings],
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
        while not live.has_parts() or sum(one.messages for one in deliveries(live)) < 60 * steps:
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
        "missing": sum(one.missing for one in deliveries(live)),
        "repeated": sum(one.repeated for one in deliveries(live)),
        "findings_of_verify": [f"{one.part} {one.where}: {one.what}" for one in findings],
    }


def main() -> int:
    """Kill, compare, and print one JSON object for each input."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--kills", type=int, default=250, help="for each of the two inputs")
    given.add_argument("--seconds", type=float, default=3600, help="most for each of the two inputs")
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--broker", type=Broker, choices=list(Broker), help="a real broker instead of files")
    arguments = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-kills-") as folder:
        for number, is_spool in enumerate((False, True) if arguments.broker is None else (False,)):
            dice, place = random.Random(arguments.seed + number), Path(folder) / str(number)
            if arguments.broker is None:
                found = run(place, arguments.kills, arguments.seconds, dice, is_spool=is_spool)
            else:
                found = run_broker(place, arguments.kills, arguments.seconds, dice, arguments.broker)
            json.dump(found, sys.stdout)
            sys.stdout.write("\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
