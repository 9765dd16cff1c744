"""`sightline notice`: from leads to a written order, row by row; approved, sent, due, closed."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_desk
from sightline.cli.subcommands import Parsers, add_modules, command, run_module, verbs_of

DESCRIPTION = """\
A notice is one case, one licensee, one telecom circle: first a letter of preservation, then an order for records, then
one for the subscribers of the numbers in the replies. Its rows come from the leads, and nothing is typed anew. The rank
that the policy names approves exactly these rows, and what was approved is what is written out.
"""

EXAMPLES = """\
  sightline notice licensee say "Example Broadband" --address "Nodal Officer, Kochi" --nat-logs destinations
  sightline notice new --case "FIR 12/2026" --kind preservation --dry-run
  sightline notice new --case "FIR 12/2026" --kind records --licensee "Example Broadband" --circle Kerala
  sightline approve                                    the second officer sees what exactly is asked
  sightline notice export 7QX2 --language ml --out letters
  sightline notice sent 7QX2 --how "by hand, receipt 41"
  sightline notice list --due
  sightline notice remind 7QX2 --out letters
  sightline notice reply reply.csv --to 7QX2 --received 2026-06-20 --certificate certificate.pdf
  sightline notice close 7QX2 --why "answered in full"
"""

VERBS = {
    "licensee": "sightline.cli.notice.licensee",
    "new": "sightline.cli.notice.new",
    "all": "sightline.cli.notice.new",
    "list": "sightline.cli.notice.list",
    "show": "sightline.cli.notice.show",
    "export": "sightline.cli.notice.export",
    "remind": "sightline.cli.notice.export",
    "sent": "sightline.cli.notice.mark_sent",
    "close": "sightline.cli.notice.mark_sent",
    "follow": "sightline.cli.notice.follow",
    "reply": "sightline.cli.notice.reply",
    "replies": "sightline.cli.notice.replies",
    "confirm": "sightline.cli.notice.replies",
    "withdraw": "sightline.cli.notice.replies",
}
"""Each verb and its module, which has `add(verbs)` and `run(arguments)`; a module may have several verbs."""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = command(commands, "notice", "notices to licensees: draft, list, show, export, send", EXAMPLES, DESCRIPTION)
    verbs = verbs_of(here)
    add_modules(verbs, VERBS)
    for name, one in verbs.choices.items():
        if name != "licensee":  # its own verbs have these options
            add_desk(one)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return run_module(VERBS[arguments.verb], arguments)
