"""`python -m bench.crash --rounds 500 --database sqlite`: kill scans, and say what was lost, doubled or left.

`--kills 500` ends it after so many kills: a kill costs a third of a round, about a second on one core.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bench.crash.rounds import Tally, run
from bench.crash.world import World

SHOW_EVERY = 25
"""Rounds between two lines of progress where no terminal shows it: a run that is broken off has said how far it was."""


def main() -> int:
    """Run the rounds; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="bench.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument(
        "--kills", type=int, help="end after so many kills, where that comes before the rounds are over"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--database", default="sqlite", help="sqlite; postgresql (one is started); or the URL of an empty database"
    )
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sightline-crash-") as folder:
        tally = _run(Path(folder), arguments)
    kills = ", ".join(f"{count:,} {what}" for what, count in sorted(tally.kills.items()))
    took_s = time.monotonic() - began
    print(f"{tally.rounds:,} rounds, {tally.killed:,} kills on {arguments.database}, {took_s:.0f} s: {kills}")
    print(
        "\n".join(tally.wrong)
        if tally.wrong
        else "nothing lost, nothing doubled, the ledger verifies, no orphan is left"
    )
    return 1 if tally.wrong else 0


def _run(folder: Path, arguments: argparse.Namespace) -> Tally:
    def print_line(text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text} ")
        elif int(text.split(maxsplit=1)[0].replace(",", "")) % SHOW_EVERY == 0:
            sys.stderr.write(f"{text}\n")

    if arguments.database != "postgresql":
        database = None if arguments.database == "sqlite" else arguments.database
        return run(World.make(folder, database), arguments.rounds, arguments.seed, print_line, kills=arguments.kills)
    from tests.servers.postgres import Postgres  # noqa: PLC0415

    server = Postgres()
    try:
        return run(
            World.make(folder, server.fresh()), arguments.rounds, arguments.seed, print_line, kills=arguments.kills
        )
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
