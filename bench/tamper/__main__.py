"""`python -m bench.tamper --tries 10000`: alter a record in all ways, and say what verify did not find or name."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bench.tamper.tries import run, sweep
from bench.tamper.world import make


def main() -> int:
    """Run the tries; 1 if anything was missed."""
    asked = argparse.ArgumentParser(prog="bench.tamper", description=__doc__)
    asked.add_argument("--tries", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    arguments = asked.parse_args()

    def told(text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text} ")

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sightline-tamper-") as folder:
        world = make(Path(folder))
        columns = sweep(world, arguments.seed)
        tally = run(world, arguments.tries, arguments.seed, told)
    missed = columns.missed + tally.missed
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(tally.tries.items()))
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{tally.tries.total():,} tries ({kinds}) and {columns.tries.total():,} columns, {took}")
    print("\n".join(missed[:50]) or "each was found and named")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
