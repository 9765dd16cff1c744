"""`sightline resolve`: what all replies together say of each session that was asked for."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_officer_options
from sightline.cli.resolve.run_resolution import add_made
from sightline.cli.subcommands import Parsers, add_command, add_modules, run_module

DESCRIPTION = """\
Compare all replies that count with all notices. Each session gets one subscriber, several candidates, a conflict, or
nobody, with reasons. A subscriber is named only if one line alone can have had the address (and port) during all of the
visits, with their uncertainty. Numbers and names stay sealed: `open` shows one for a reason, and limits how many a day.
"""
EXAMPLES = """\
  sightline resolve  # after each reply; the same again does nothing
  sightline resolve --json  # one session a line
  sightline resolve --subscribers  # the subscribers that replies name, and which are corroborated
  sightline resolve show 4cedfc69  # a session, a lead or a subscriber, with every reason
  sightline resolve open 9a31c07e --why "FIR 12/2026: search warrant to be asked for"
  sightline resolve list-recalled  # names that are no longer valid
  sightline resolve purge 9a31c07e --why "innocent, order of 3.8.2026"  # by two officers
"""
VERBS = {
    "show": "sightline.cli.resolve.show",
    "open": "sightline.cli.resolve.show",
    "list-recalled": "sightline.cli.resolve.show",
    "purge": "sightline.cli.resolve.show",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(
        commands, "resolve", "resolve replies to subscribers, candidates or nobody", EXAMPLES, DESCRIPTION
    )
    add_made(here)
    add_officer_options(here)
    verbs = here.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    add_modules(verbs, VERBS)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Resolve, or do what the verb says."""
    return run_module(VERBS.get(arguments.verb or "", "sightline.cli.resolve.run_resolution"), arguments)
