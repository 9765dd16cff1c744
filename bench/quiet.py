"""What needs two idle cores: `python -m bench.quiet WHAT`. All but `sustained` take less than four minutes.

It runs a measurement with sizes that fit, and prints its numbers, and beside the bars what is compared with them. The
same goes to the file `bench/work/WHAT.md`. Exit code 1: a bar is missed.
`cluster`: a scan on one and two workers. `archive`: the same of one tar. `verify`: a verification. `leads`: a rebuild.
`latency`: a watch, from the write of a line to its lead, its rate and its memory. `sustained`: a watch that is behind
for ten minutes. `peers`: a watch beside rsyslog and grep. `detect`, `files`, `lists`: the format of a log is detected,
a folder of 2,500 small logs is scanned, and lists of a million rows are checked. `--small` measures little, to see
that all of it runs: its numbers are no measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUIET_LOAD = 0.5
"""Above this load, other programs change what is measured."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its name, the value that was measured, and what it must be. No `most` and `least`: only shown."""

    name: str
    value: Callable[[Mapping[str, Any]], float]
    least: float | None = None
    most: float | None = None

    def is_reached(self, found: Mapping[str, Any]) -> bool:
        """Return whether the value is within the bar."""
        value = self.value(found)
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def row(self, found: Mapping[str, Any], *, is_judged: bool) -> str:
        """Return the row of the table."""
        wanted = "no bar"
        if self.least is not None:
            wanted = f"at least {self.least:g}"
        elif self.most is not None:
            wanted = f"at most {self.most:g}"
        reached = ""
        if is_judged and wanted != "no bar":
            reached = "yes" if self.is_reached(found) else "**no**"
        return f"| {self.name} | {self.value(found):.3f} | {wanted} | {reached} |"


SPEED = (
    Bar("two workers beside one, wall time", lambda found: float(found["two beside one, wall"]), least=1.8),
    Bar("one worker beside no cluster, wall time", lambda found: float(found["one beside alone, wall"]), most=1.1),
    Bar("one worker beside no cluster, processor time", lambda found: float(found["one beside alone, cpu"]), most=1.1),
)
MEASURED: dict[str, tuple[tuple[str, ...], tuple[Bar, ...]]] = {
    "cluster": (("bench.cluster", "speed", "--files", "16", "--megabytes", "256"), SPEED),
    "archive": (
        ("bench.cluster", "archive", "--files", "16", "--megabytes", "160"),
        (
            SPEED[0],
            Bar("two workers beside no cluster, wall time", lambda found: _times(found, "alone", "two workers")),
        ),
    ),
    "verify": (
        ("bench.cluster", "verify", "--files", "12", "--megabytes", "256"),
        (
            Bar("two workers beside one, wall time", lambda found: float(found["two beside one, wall"])),
            Bar("two workers beside no cluster, wall time", lambda found: float(found["alone beside two, wall"])),
            Bar("one worker beside no cluster, processor time", lambda found: float(found["one beside alone, cpu"])),
        ),
    ),
    "leads": (
        ("bench.cluster", "leads", "--hits", "2000000"),
        (
            Bar("two workers beside one, wall time", lambda found: found["cluster of 1"] / found["cluster of 2"]),
            Bar("one worker beside no cluster, wall time", lambda found: found["cluster of 1"] / found["alone"]),
        ),
    ),
    "sustained": (
        ("bench.sustained", "--seconds", "600"),
        (
            Bar("lines a second, of all ten minutes", lambda found: found["lines_per_s"], least=300_000),
            Bar("lines a second, in the slowest ten seconds", lambda found: found["slowest_window_lines_per_s"]),
            Bar("minutes", lambda found: found["seconds"] / 60, least=10),
            Bar("gaps, and rejects", lambda found: len(found["gaps"]) + found["rejects"], most=0),
            Bar("most memory, GiB", lambda found: found["most_bytes"] / (1 << 30), most=1),
            Bar("memory of the last quarter beside the second", lambda found: found["memory_growth"], most=1.05),
        ),
    ),
    "peers": (
        ("bench.live_peers", "--lines", "5000000"),
        (
            Bar("rsyslog with a lookup table beside a watch, wall time", lambda found: _beside(found, "rsyslog")),
            Bar("tail and grep beside a watch, wall time", lambda found: _beside(found, "grep")),
        ),
    ),
    "latency": (
        ("bench.live", "--lines", "20000000", "--seconds", "90", "--rate", "1000"),
        (
            Bar("lines a second of a watch that is behind", lambda found: found["rate"]["lines_per_s"], least=300_000),
            Bar("from a line to its lead, p50, seconds", lambda found: found["latency"]["p50_s"], most=1),
            Bar("from a line to its lead, p99, seconds", lambda found: found["latency"]["p99_s"], most=2),
            Bar("most memory, GiB", lambda found: found["memory"]["most_bytes"] / (1 << 30), most=1),
        ),
    ),
    "detect": (
        ("bench.small_logs", "detect"),
        (
            Bar("formats detect, slowest of ten formats, processor seconds", lambda found: found["slowest"], most=0.3),
            Bar("formats detect, mean of ten formats, processor seconds", lambda found: found["mean"]),
        ),
    ),
    "files": (
        ("bench.small_logs", "files"),
        (
            Bar("match, 2,500 small logs, seconds", lambda found: found["wall"], most=10),
            Bar("match, 2,500 small logs, processor seconds", lambda found: found["processor"]),
        ),
    ),
    "lists": (
        ("bench.small_logs", "lists"),
        (Bar("lists check, slowest kind, seconds", lambda found: found["wall"]["slowest"], most=1.5),),
    ),
}


SMALL: dict[str, tuple[str, ...]] = {
    "cluster": ("--files", "2", "--megabytes", "4", "--rounds", "1"),
    "archive": ("--files", "2", "--megabytes", "4", "--rounds", "1"),
    "verify": ("--files", "2", "--megabytes", "4", "--rounds", "1"),
    "leads": ("--hits", "20000", "--rounds", "1"),
    "sustained": ("--seconds", "40"),
    "peers": ("--lines", "200000", "--rounds", "1"),
    "latency": ("--lines", "500000", "--seconds", "15"),
    "detect": ("--tries", "1"),
    "files": ("--files", "20"),
    "lists": ("--rows", "20000"),
}
"""Sizes that are given after the others, and so take their place."""
WRITTEN = Path(__file__).parent / "work"


def _beside(found: Mapping[str, Any], peer: str) -> float:
    return float(found["beside_watch"].get(peer, "nan"))


def _times(found: Mapping[str, Any], slow: str, fast: str) -> float:
    return float(found[slow]["wall_s"]) / float(found[fast]["wall_s"])


def main() -> int:
    """Measure, and print and write the numbers and the bars."""
    parser = argparse.ArgumentParser(prog="bench.quiet", description=__doc__)
    parser.add_argument("what", choices=MEASURED)
    parser.add_argument("--small", action="store_true", help="measure little: the numbers mean nothing")
    arguments = parser.parse_args()
    words, bars = MEASURED[arguments.what]
    is_judged, more = not arguments.small, SMALL[arguments.what] if arguments.small else ()
    load = os.getloadavg()[0]
    if load > QUIET_LOAD:
        print(f"the load is {load:.1f}: other programs change what is measured", file=sys.stderr)
    done = subprocess.run([sys.executable, "-m", *words, *more], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    heading = f"load before: {load:.1f}" + ("" if is_judged else ", small sizes: no measurement")
    rows = [
        "| bar | measured | wanted | reached |",
        "|---|---|---|---|",
        *(bar.row(found, is_judged=is_judged) for bar in bars),
    ]
    text = "\n".join((json.dumps(found, indent=1), "", heading, "", *rows, ""))
    print(text)
    WRITTEN.mkdir(exist_ok=True)
    (WRITTEN / f"{arguments.what}.md").write_text(text)
    return 0 if not is_judged or all(bar.is_reached(found) for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
