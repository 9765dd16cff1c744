"""`sightline leads`: list, rebuild, show and explain leads, each with its reasons."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_modules, add_verbs, run_module

DESCRIPTION = """\
A lead is one session, or several that a static address, an assignment or an account joins, made from the hits of this
workspace. Each has a ceiling (the most that its evidence can show), the place and network of the address
at that time, and the reasons for and against. An address and a time point to a connection, never to a person.
"""

EXAMPLES = """\
  sightline leads rebuild  # after scans, or new data sets
  sightline leads list --ceiling subscriber --limit 20
  sightline leads list --place undetermined --json
  sightline leads list --out leads.parquet --why "for the analyst's notebook"
  sightline leads explain 4cedfc69 --show-addresses --why "FIR 12/2026: notice to be drawn up"
  sightline leads report --out report.html --map map.svg
  sightline leads diff
  sightline leads assign --state IN-KL --to "S. Rao" --why "lines of his district"
"""

VERBS = {
    "list": "sightline.cli.leads.list",
    "list-groups": "sightline.cli.leads.groups",
    "show": "sightline.cli.leads.show",
    "explain": "sightline.cli.leads.show",
    "rebuild": "sightline.cli.leads.rebuild",
    "diff": "sightline.cli.leads.diff",
    "flag-danger": "sightline.cli.leads.danger_flag",
    "assign": "sightline.cli.leads.work",
    "close": "sightline.cli.leads.work",
    "reopen": "sightline.cli.leads.work",
    "note": "sightline.cli.leads.work",
    "set-retention": "sightline.cli.leads.retention",
    "purge": "sightline.cli.leads.purge",
    "report": "sightline.cli.leads.report",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "leads", f"leads: {', '.join(VERBS)}", EXAMPLES, DESCRIPTION)
    verbs = add_verbs(here)
    add_modules(verbs, VERBS)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
