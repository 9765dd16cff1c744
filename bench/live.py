"""Measure how fast a watch reads, and how long a line takes to its lead: `python -m bench.live --lines 3000000`."""

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
from tests.services.live.unit import LiveOffice, UntilIdle

from sightline.services.live.watch import WatchTotals, watch


@dataclass
class Latency:
    """When each flagged line was written, and how long it took until a generation of leads had it."""

    written_s: list[float] = field(default_factory=list)
    taken_s: list[float] = field(default_factory=list)
    rebuilds: int = 0

    def __call__(self, totals: WatchTotals) -> None:
        """Take the totals after a part or a rebuild."""
        if totals.rebuilds > self.rebuilds:
            now_s, self.rebuilds = time.monotonic(), totals.rebuilds
            self.taken_s += [now_s - at for at in self.written_s[len(self.taken_s) : totals.hits]]


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


def measure_latency(live: LiveOffice, seconds: int, lines_per_s: int) -> dict[str, float]:
    """Return how long flagged lines took from their write to a generation of leads. Ten a second are flagged."""
    latency, stop = Latency(), threading.Event()
    other = combined_log(lines_per_s // 10, start=1, hits_every=1_000_000)

    def write() -> None:
        until_s, number = time.monotonic() + seconds, 0
        with live.log.open("a", encoding="utf-8", buffering=1 << 20) as stream:
            while time.monotonic() < until_s:
                line = combined_log(1, start=0).replace("198.51.100.0", f"198.51.{number // 250}.{number % 250}")
                line = line.replace("2001:db8::0 ", f"198.51.{number // 250 % 250}.{number % 250} ")
                stream.write(other + line.replace("/room/0", f"/room/{number}"))
                stream.flush()
                latency.written_s.append(time.monotonic())
                number += 1
                time.sleep(0.1)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    watch(live.office.io, replace(live.request, makes_leads=True, pause_s=0.2), latency, stop)
    writer.join()
    taken = sorted(latency.taken_s)
    half, most = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    return {"flagged": len(taken), "p50_s": half, "p99_s": most, "rebuilds": latency.rebuilds}


def main() -> int:
    """Measure, and print one JSON object."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--lines", type=int, default=1_000_000)
    given.add_argument("--indicators", type=int, default=100_000)
    given.add_argument("--seconds", type=int, default=60)
    given.add_argument("--rate", type=int, default=1_000)
    arguments = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-live-") as folder:
        live = make_office(Path(folder), arguments.indicators)
        found = {"rate": measure_rate(live, arguments.lines)}
        live.log.unlink()
        found["latency"] = measure_latency(live, arguments.seconds, arguments.rate)
    found["memory"] = {"most_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    json.dump(found, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
