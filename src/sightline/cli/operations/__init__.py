"""`sightline operations`: a named drive, its leads, what happened in it, its board and its report."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_modules, add_verbs, run_module

DESCRIPTION = """\
An operation is a set of leads that officers work on together, with its events by day and place: searches, seizures,
arrests, charges, releases, and children identified or safeguarded. Events are counted. There is no field for names or
particulars of a wanted person: the case diary has them.
"""
EXAMPLES = """\
  sightline operations add "P-Hunt 7" --begun-on 2026-06-01 --why "lines of three districts"
  sightline operations add-leads "P-Hunt 7" --state IN-KL --ceiling subscriber --why "one line each"
  sightline operations add-event "P-Hunt 7" search --on 2026-06-05 --state IN-KL --district Thrissur --count 4 \\
      --why "GD 14"
  sightline operations show "P-Hunt 7"
  sightline operations report "P-Hunt 7" --language ml --out report.pdf
"""
VERBS = {
    "add": "sightline.cli.operations.lifecycle",
    "list": "sightline.cli.operations.show",
    "show": "sightline.cli.operations.show",
    "add-leads": "sightline.cli.operations.members",
    "remove-leads": "sightline.cli.operations.members",
    "add-event": "sightline.cli.operations.events",
    "withdraw-event": "sightline.cli.operations.events",
    "add-team": "sightline.cli.operations.teams",
    "list-teams": "sightline.cli.operations.teams",
    "remove-team": "sightline.cli.operations.teams",
    "close": "sightline.cli.operations.lifecycle",
    "report": "sightline.cli.operations.report",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "operations", f"operations: {', '.join(VERBS)}", EXAMPLES, DESCRIPTION)
    verbs = add_verbs(here)
    add_modules(verbs, VERBS)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
