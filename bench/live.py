"""Measure how fast a watch reads, and how long a line takes to its lead: `python -m bench.live --lines 3000000`.

With `--broker nats` or `--broker kafka`, only how fast it reads a real broker, of which each message is one line.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.office import combined_log, signed_list
from tests.servers.kafka import Kafka
from tests.servers.nats import Nats
from tests.servers.program import HOST
from tests.services.live.unit import LiveOffice, UntilIdle

from bench.hit_pairs import HitPairs, NewHits
from sightline.services.live.brokers.url import Broker, parse_broker_url
from sightline.services.live.watch import WatchTotals, watch


@dataclass
class Latency:
    """When each flagged line was written, and how long it took until a generation of leads had it."""

    new_hits: NewHits
    written_s: list[float] = field(default_factory=list)
    pairs: HitPairs = field(default_factory=HitPairs)
    rebuilds: int = 0

    def __call__(self, totals: WatchTotals) -> None:
        """Take the totals after a part or a rebuild."""
        if totals.rebuilds > self.rebuilds:
            now_s, self.rebuilds = time.monotonic(), totals.rebuilds
            self.pairs.add(self.new_hits.read_numbers(), now_s, self.written_s)


def make_office(folder: Path, indicators: int) -> LiveOffice:
    """Return an office whose list has that many indicators."""
    live = LiveOffice.found(folder, part_bytes=16 << 20)
    names = "".join(f"domain,site{number}.example,csam\n" for number in range(indicators - 1))
    flags = signed_list(folder, f"kind,value,category\ndomain,board.example,csam\n{names}")
    return replace(live, request=replace(live.request, scan=replace(live.request.scan, lists=(flags,), threads=None)))


def measure_rate(live: LiveOffice, lines: int) -> dict[str, float]:
    """Return how many lines a second a watch reads that has fallen behind. One line in a thousand is a hit."""
    block = combined_log(10_000, hits_every=1000)
    with live.log.open("w", encoding="utf-8") as stream:
        for _ in range(lines // 10_000):
            stream.write(block)
    begun_s = time.monotonic()
    totals = watch(live.office.io, live.request, lambda _totals: None, UntilIdle())
    took_s = time.monotonic() - begun_s
    return {"lines": totals.lines, "bytes": totals.bytes, "parts": totals.parts, "lines_per_s": totals.lines / took_s}


def measure_broker_rate(live: LiveOffice, lines: int, broker: Broker) -> dict[str, float]:
    """Return how many messages a second a watch reads of a broker that has them, and its own processor time."""
    server: Nats | Kafka = Nats() if broker is Broker.NATS else Kafka()
    try:
        block = combined_log(10_000, hits_every=1000).splitlines()
        if isinstance(server, Nats):
            server.add_stream("FEED", ["web.>"])
        else:
            server.add_topic("FEED", 1)
        for _ in range(lines // len(block)):
            server.publish("web.a", *block) if isinstance(server, Nats) else server.publish("FEED", 0, *block)
        live = replace(
            live, request=replace(live.request, inputs=(parse_broker_url(f"{broker}://{HOST}:{server.port}/FEED"),))
        )
        begun_s, begun_cpu_s, read = time.monotonic(), time.process_time(), 0
        while read < lines:
            read += watch(live.office.io, live.request, lambda _totals: None, UntilIdle()).lines
        took_s, cpu_s = time.monotonic() - begun_s, time.process_time() - begun_cpu_s
    finally:
        server.close()
    return {"lines": read, "parts": len(live.parts()), "lines_per_s": read / took_s, "lines_per_cpu_s": read / cpu_s}


def measure_latency(live: LiveOffice, seconds: int, lines_per_s: int) -> dict[str, float]:
    """Return how long flagged lines took from their write to a generation of leads. Ten a second are flagged."""
    latency, stop = Latency(NewHits(live.office.workspace)), threading.Event()
    other = combined_log(lines_per_s // 10, start=1, hits_every=1_000_000)

    def write() -> None:
        until_s, number = time.monotonic() + seconds, 0
        with live.log.open("a", encoding="utf-8", buffering=1 << 20) as stream:
            while time.monotonic() < until_s:
                line = combined_log(1, start=0).replace("198.51.100.0", f"198.51.{number // 250}.{number % 250}")
                line = line.replace("2001:db8::0 ", f"198.51.{number // 250 % 250}.{number % 250} ")
                latency.written_s.append(time.monotonic())
                stream.write(other + line.replace("/room/0", f"/room/{number}"))
                stream.flush()
                number += 1
                time.sleep(0.1)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    watch(live.office.io, replace(live.request, makes_leads=True, pause_s=0.2), latency, stop)
    writer.join()
    taken, written = sorted(latency.pairs.taken_s.values()), len(latency.written_s)
    lost, doubled = latency.pairs.list_lost(written), latency.pairs.list_doubled(written)
    assert not lost and not doubled, f"lost: {lost}, doubled: {doubled}"
    half, most = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    return {"flagged": len(taken), "p50_s": half, "p99_s": most, "rebuilds": latency.rebuilds}


def main() -> int:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--indicators", type=int, default=100_000)
    parser.add_argument("--broker", type=Broker, choices=list(Broker), help="only how fast this broker is read")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-live-") as folder:
        live = make_office(Path(folder), arguments.indicators)
        if arguments.broker is not None:
            found = {"rate": measure_broker_rate(live, arguments.lines, arguments.broker)}
        else:
            found = {"rate": measure_rate(live, arguments.lines)}
            live.log.unlink()
            found["latency"] = measure_latency(live, arguments.seconds, arguments.rate)
    found["memory"] = {"most_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    json.dump(found, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
