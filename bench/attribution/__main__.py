"""Measure attribution on fresh seeds of both generators, and print the tables.

With `--write` they go into `docs/explanation/attribution.md` and the README.
"""

from __future__ import annotations

import argparse
import secrets
import sys

from bench.attribution.page import charts, short, text
from bench.attribution.runs import Size, World, exercise_sum, field_sum, measure
from bench.tables import HERE, machine, write

GENERATORS = ("exercise", "field")


def main() -> int:
    """Run the worlds of the generators that are asked for; 1 where a bar is not reached."""
    parser = argparse.ArgumentParser(
        prog="bench.attribution", description="How right leads and subscribers are, on worlds of fresh seeds."
    )
    parser.add_argument("--sessions", type=int, default=100_000, metavar="N", help="sessions a world (default 100000)")
    parser.add_argument("--worlds", type=int, default=10, help="how many worlds of each generator (default 10)")
    parser.add_argument("--seed", type=int, action="append", help="a seed; may be repeated (default: drawn now)")
    parser.add_argument("--faulty", type=float, default=0.25, help="share of reply rows with a fault (default 0.25)")
    parser.add_argument("--generator", choices=GENERATORS, help="worlds of this one only (default: of both)")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="worlds at a time (default 2)")
    parser.add_argument(
        "--write", action="store_true", help="write docs/explanation/attribution.md, its charts and the README"
    )
    arguments = parser.parse_args()
    size = Size(arguments.sessions, arguments.faulty, arguments.at_once)
    seeds = arguments.seed or [secrets.randbelow(1_000_000) for _ in range(arguments.worlds)]
    chosen = [arguments.generator] if arguments.generator else list(GENERATORS)
    worlds = [World(name, seed) for seed in seeds for name in chosen]
    found = dict(zip(worlds, measure(worlds, size, _tell), strict=True))
    sums = {
        name: (exercise_sum if name == "exercise" else field_sum)(seeds, [found[World(name, seed)] for seed in seeds])
        for name in chosen
    }
    page = text(sums, size, machine())
    print(page)
    if arguments.write:
        write(HERE / "docs/explanation/attribution.md", page, "attribution")
        write(HERE / "README.md", short(sums, size, machine()), "attribution")
        for name, drawn in charts(sums).items():
            (HERE / "docs/explanation" / name).write_text(drawn, encoding="utf-8")
    return 0 if "**no**" not in page else 1


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
