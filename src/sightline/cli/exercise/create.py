"""`sightline exercise create`: a world made, or the faults that it can have."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.model.progress import Progress

EXAMPLES = """\
  sightline exercise create --out world --sessions 10000 --seed 7
  sightline exercise create --out world --sessions 10000 --seed 7 --fault tor=0.2 --fault nat=0
      # a fifth of all sessions through Tor, and no mobile lines that share an address
  sightline exercise create --faults
      # every fault, its share and what it is
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    new = add_command(verbs, "create", "make a world: logs, lists, data sets and, apart, the answers", EXAMPLES)
    new.add_argument("--out", type=Path, metavar="DIR", help="a new folder for the world")
    new.add_argument("--faults", action="store_true", help="only list the faults")
    add_size(new)
    add_quiet(new)


def add_quiet(here: argparse.ArgumentParser) -> None:
    """The option of what takes a while."""
    here.add_argument("--quiet", action="store_true", help="no progress on standard error")


def add_size(here: argparse.ArgumentParser) -> None:
    """The options that say which world."""
    here.add_argument("--sessions", type=int, default=1000, metavar="N", help="how many (default 1000)")
    here.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same bytes (default 1)")
    here.add_argument(
        "--fault",
        action="append",
        default=[],
        type=_parse_fault,
        metavar="NAME=SHARE",
        help="the share of sessions that have a fault; may be repeated (exercise create --faults lists them)",
    )


def _parse_fault(text: str) -> tuple[str, float]:
    name, equals, share = text.partition("=")
    if not equals:
        raise ValueError(text)
    return name, float(share)


def run(arguments: argparse.Namespace) -> int:
    """Make a world, or list the faults."""
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.exercise.faults import FAULTS  # noqa: PLC0415

    if arguments.faults:
        rows = [("FAULT", "SHARE", "TRACE", "WHAT")]
        rows += [
            (name, f"{fault.share:g}", "no" if fault.traceless else "yes", fault.description)
            for name, fault in FAULTS.items()
        ]
        print("\n".join(format_columns(rows)))
        return 0
    if arguments.out is None:
        raise UsageError("no folder for the world was named", hint="name a new folder: --out DIR")
    make_world(arguments.out, arguments)
    print(f"{arguments.out}: {count_noun(arguments.sessions, 'session')} of seed {arguments.seed}")
    sys.stderr.write(f"  run it: sightline exercise run {arguments.out} --workspace DIR\n")
    return 0


def make_world(folder: Path, arguments: argparse.Namespace) -> None:
    """Make the world that the options say."""
    from sightline.exercise.world import create_world  # noqa: PLC0415

    with show_progress_line(arguments) as tell:
        create_world(folder, arguments.sessions, arguments.seed, dict(arguments.fault), tell)


@contextmanager
def show_progress_line(arguments: argparse.Namespace) -> Iterator[Progress]:
    """Return a function that shows progress on one line of a terminal, which is gone at the end."""
    from sightline.cli.progress import show_counter  # noqa: PLC0415

    with show_counter(enabled=not arguments.quiet) as tell:
        yield tell
