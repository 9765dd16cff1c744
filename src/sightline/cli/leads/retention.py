"""`sightline leads set-retention`: how long what officers wrote about closed leads is kept, set by two officers."""

from __future__ import annotations

import argparse

from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.message_text import count_noun

DESCRIPTION = """\
Set how many days after the last act what officers wrote about a closed lead is kept, apart from the exhibits. It takes
two officers: the first time it is asked for; once approved, run it again. It purges nothing: "sightline leads purge"
shows what is due by it, and "sightline doctor" shows the period.
"""

EXAMPLES = """\
  sightline leads set-retention 730 --why "keeping time of leads, order 7/2026"
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "set-retention", "how long what was written about closed leads is kept", EXAMPLES, DESCRIPTION
    )
    here.add_argument("days", type=int, metavar="DAYS", help="from 1 to 36500 days")
    add_why(here)


def run(arguments: argparse.Namespace) -> int:
    """Ask for the retention period, or set it once it is approved."""
    from sightline.casework.leads.retention_period import set_lead_period  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    retention_period = set_lead_period(start_session(arguments), arguments.days, arguments.why)
    print(f"what was written about closed leads is kept for {count_noun(retention_period.days, 'day')}")
    return 0
