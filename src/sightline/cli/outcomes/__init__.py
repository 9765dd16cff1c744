"""`sightline outcomes`: what was found where leads led, and how often leads and data sets of places are right."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_modules, add_verbs, run_module

DESCRIPTION = """\
Record what was found where a lead led: confirmed by forensics, innocent, a wrong place, subscriber or time, or no
result. Outcomes show how often leads of a source, a list, a provider or a data set of places were right. Together with
installation addresses in replies, they decide which data sets of places may be used for which provider.
"""
EXAMPLES = """\
  sightline outcomes record 4cedfc69 --case "FIR 12/2026" --kind innocent --on 2026-07-01 --why "hostel Wi-Fi"
  sightline outcomes list --case "FIR 12/2026"
  sightline outcomes show-precision
"""
VERBS = {
    "record": "sightline.cli.outcomes.record",
    "withdraw": "sightline.cli.outcomes.record",
    "list": "sightline.cli.outcomes.list",
    "show-precision": "sightline.cli.outcomes.precision",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "outcomes", "outcomes: record, withdraw, list, show-precision", EXAMPLES, DESCRIPTION)
    verbs = add_verbs(here)
    add_modules(verbs, VERBS)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
