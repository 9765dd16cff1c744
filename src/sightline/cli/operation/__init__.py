"""`sightline operation`: a named drive, its leads, what happened in it, its board and its report."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_desk
from sightline.cli.subcommands import Parsers, add_modules, command, run_module, verbs_of

DESCRIPTION = """\
An operation is a named drive: leads that are worked together, and what came of them by day and place: searches,
seizures, arrests, charges, releases. What happened is counted. No name and no particulars of anybody sought are kept,
and there is no field for them: the case diary has them.
"""
EXAMPLES = """\
  sightline operation new "P-Hunt 7" --begun-on 2026-06-01 --why "lines of three districts"
  sightline operation add-leads "P-Hunt 7" --state IN-KL --ceiling subscriber --why "one line each"
  sightline operation event "P-Hunt 7" search --on 2026-06-05 --state IN-KL --district Thrissur --count 4 --why "GD 14"
  sightline operation show "P-Hunt 7"
  sightline operation report "P-Hunt 7" --language ml --out report.pdf
"""
VERBS = {
    "new": "sightline.cli.operation.lifecycle",
    "list": "sightline.cli.operation.show",
    "show": "sightline.cli.operation.show",
    "add-leads": "sightline.cli.operation.members",
    "take-out": "sightline.cli.operation.members",
    "event": "sightline.cli.operation.events",
    "withdraw": "sightline.cli.operation.events",
    "close": "sightline.cli.operation.lifecycle",
    "report": "sightline.cli.operation.report",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = command(commands, "operation", f"operations: {', '.join(VERBS)}", EXAMPLES, DESCRIPTION)
    verbs = verbs_of(here)
    add_modules(verbs, VERBS)
    for one in verbs.choices.values():
        add_desk(one)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
