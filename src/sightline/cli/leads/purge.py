"""`sightline leads purge`: what officers wrote about closed leads, shown when its time is over, destroyed by two."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number

if TYPE_CHECKING:
    from sightline.casework.leads.lead_papers import LeadPapers
    from sightline.storage.rows import Hold

DESCRIPTION = """\
Show the leads that were closed, or no longer exist, and about which nobody wrote anything for that time. With
--why, destroy what officers wrote about them: notes, and the reasons of marks, outcomes and acts. Who did what and when
stays. This takes two officers: the first run asks; once it is approved, run it again. Legal holds prevent it.
"""

EXAMPLES = """\
  sightline leads purge
      # what is due by the keeping time that two officers set
  sightline leads purge --closed-for 730
      # what is due by a keeping time of two years
  sightline leads purge --closed-for 730 --why "keeping time of leads, order 7/2026"
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "purge", "what was written about closed leads: see what is due, destroy it", EXAMPLES, DESCRIPTION
    )
    here.add_argument(
        "--closed-for",
        type=int,
        metavar="DAYS",
        help="the keeping time, in days from the last act (default: the one that is set; never shorter)",
    )
    here.add_argument(
        "--why", metavar="TEXT", help="the reason, which the ledger keeps: asks for the purge, or does it"
    )
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """List what is due, or purge it."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.leads.lead_papers import purge_papers  # noqa: PLC0415
    from sightline.casework.leads.retention_period import require_period  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.lead_status.lead_retention import list_due_papers  # noqa: PLC0415

    officer_session = start_session(arguments)
    why = None if arguments.why is None else require_reason(arguments.why, "--why")
    with officer_session.workspace.read() as tables:
        days = require_period(tables, arguments.closed_for)
    result = list_due_papers(officer_session, days)
    for lead_papers, holds in result:
        _print_papers(lead_papers, holds, as_json=arguments.json)
    free = [one for one, holds in result if not holds]
    if not result:
        sys.stderr.write("nothing is due\n")
    if why is None:
        return 0
    papers_purged = purge_papers(officer_session, free, days, why)
    if arguments.json:
        print(json.dumps({"leads": papers_purged.leads, **papers_purged.counts, "is_clean": papers_purged.is_clean}))
        return 0
    counts = ", ".join(count_noun(count, name.removesuffix("s")) for name, count in papers_purged.counts.items())
    print(f"purged the papers of {count_noun(papers_purged.leads, 'lead')}: {counts}")
    sys.stderr.write("backups made before still hold them: see docs/how-to/retention_and_backup.md\n")
    return 0


def _print_papers(lead_papers: LeadPapers, holds: list[Hold], *, as_json: bool) -> None:
    from sightline.cli.table_output import format_minute  # noqa: PLC0415

    counts = {
        name: len(getattr(lead_papers, name))
        for name in ("notes", "marks", "outcomes", "acts")
        if getattr(lead_papers, name)
    }
    ids = [hold.hold_id for hold in holds]
    if as_json:
        facts = {
            "lead_id": lead_papers.lead_id,
            "last_at": format_minute(lead_papers.last_us),
            "is_there": lead_papers.exhibits is not None,
        }
        print(json.dumps(facts | counts | {"holds": ids}))
        return
    hold_note = f"  on hold: {', '.join(ids)}" if ids else ""
    gone = "" if lead_papers.exhibits is not None else ", not there any more"
    what = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    last = format_minute(lead_papers.last_us)
    print(f"lead {format_lead_number(lead_papers.lead_id)}  last written {last}{gone}: {what}{hold_note}")
