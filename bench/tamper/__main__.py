"""`python -m bench.tamper --tries 10000`: alter a record in all ways, and say what verify did not find or name."""

from __future__ import annotations

import argparse
import sys
import time

from bench.tamper.jobs import in_jobs


def main() -> int:
    """Run the tries; 1 if anything was missed."""
    parser = argparse.ArgumentParser(prog="bench.tamper", description=__doc__)
    parser.add_argument("--tries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes, each with a record of its own")
    arguments = parser.parse_args()
    began = time.monotonic()
    tally = in_jobs(arguments.tries, arguments.seed, arguments.jobs)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(tally.tries.items()))
    took = f"{time.monotonic() - began:.0f} s"
    found = tally.tries.total() - len(tally.missed)
    print(f"{found:,} of {tally.tries.total():,} found and named ({kinds}), {took}")
    print("\n".join(tally.missed[:50]) or "each was found and named")
    return 1 if tally.missed else 0


if __name__ == "__main__":
    sys.exit(main())
