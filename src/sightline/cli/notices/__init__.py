"""`sightline notices`: from leads to a written order, row by row; approved, sent, due, closed."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_modules, add_verbs, run_module

DESCRIPTION = """\
A notice is for one case, one licensee and one telecom circle: first a letter of preservation, then an order for
records, then one for the subscribers of the numbers in the replies. Its rows come from the leads, so you never type an
address. The officer whose rank the policy names approves exactly these rows, and only what was approved is written.
"""

EXAMPLES = """\
  sightline licensees set "Example Broadband" --address "Nodal Officer, Kochi" --nat-logs destinations
  sightline notices draft --case "FIR 12/2026" --kind preservation --dry-run
  sightline notices draft --case "FIR 12/2026" --kind records --licensee "Example Broadband" --circle Kerala
  sightline approve  # the second officer sees what exactly is asked
  sightline notices export 7QX2 --language ml --out letters
  sightline notices mark-sent 7QX2 --how "by hand, receipt 41"
  sightline notices list --due
  sightline notices remind 7QX2 --out letters
  sightline notices import-reply reply.csv --to 7QX2 --received 2026-06-20 --certificate certificate.pdf
  sightline notices close 7QX2 --why "answered in full"
"""

VERBS = {
    "draft": "sightline.cli.notices.draft",
    "draft-all": "sightline.cli.notices.draft",
    "list": "sightline.cli.notices.list",
    "show": "sightline.cli.notices.show",
    "export": "sightline.cli.notices.export",
    "remind": "sightline.cli.notices.export",
    "mark-sent": "sightline.cli.notices.mark_sent",
    "close": "sightline.cli.notices.mark_sent",
    "follow-up": "sightline.cli.notices.follow_up",
    "import-reply": "sightline.cli.notices.reply",
    "list-replies": "sightline.cli.notices.replies",
    "confirm-reply": "sightline.cli.notices.replies",
    "withdraw-reply": "sightline.cli.notices.replies",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`; a module may have several verbs."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "notices", "notices to ISPs: draft, list, show, export, send", EXAMPLES, DESCRIPTION)
    verbs = add_verbs(here)
    add_modules(verbs, VERBS)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
