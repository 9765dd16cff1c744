"""Measure on fresh seeds, print, and with `--write` put it into `docs/attribution.md`, its charts, and the README."""

from __future__ import annotations

import argparse
import secrets
import sys

from bench.attribution.page import charts, short, text
from bench.attribution.runs import added, benchmark
from bench.tables import HERE, machine, write


def main() -> int:
    """Run the worlds, one after the other."""
    asked = argparse.ArgumentParser(
        prog="bench.attribution", description="How right leads are, on worlds of fresh seeds."
    )
    asked.add_argument("--sessions", type=int, default=100_000, metavar="N", help="sessions a world (default 100000)")
    asked.add_argument("--worlds", type=int, default=10, help="how many worlds (default 10)")
    asked.add_argument("--seed", type=int, action="append", help="a seed; may be repeated (default: drawn now)")
    asked.add_argument("--write", action="store_true", help="write docs/attribution.md and its charts")
    arguments = asked.parse_args()
    seeds = arguments.seed or [secrets.randbelow(1_000_000) for _ in range(arguments.worlds)]
    grades = []
    for seed in seeds:
        sys.stderr.write(f"seed {seed}\n")
        grades.append(benchmark(arguments.sessions, seed))
    found = added(grades, arguments.sessions, seeds)
    page = text(found, machine())
    print(page)
    if arguments.write:
        write(HERE / "docs/attribution.md", page, "attribution")
        write(HERE / "README.md", short(found, machine()), "attribution")
        for name, drawn in charts(found).items():
            (HERE / "docs" / name).write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
