"""`sightline leads flag-danger`: flag a lead as urgent because a child is in present danger, or lift the flag."""

from __future__ import annotations

import argparse

from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.model.short_ids import format_lead_number, names_lead

EXAMPLES = """\
  sightline leads flag-danger 4cedfc69 --why "the chat names a meeting on 6.6.2026"
  sightline leads flag-danger 4cedfc69 --lift --why "the child is safe, GD 14"
      # also answers a report that asks for high priority: the lead leaves the top of the list
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "flag-danger", "mark a lead as urgent because a child is in present danger, or lift the mark", EXAMPLES
    )
    here.add_argument("lead", metavar="ID", help="its number or id, or the beginning of the id")
    here.add_argument("--lift", action="store_true", help="lift the mark: the danger is over")
    add_why(here)


def run(arguments: argparse.Namespace) -> int:
    """Mark a lead, or lift its mark."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.leads import lead_marks  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")

    officer_session = start_session(arguments)
    officer_session.require(Action.LEAD_MARK, "leads:all")
    with open_generation(officer_session.workspace) as leads:
        # A mark can be lifted whose lead is gone: what it was of was purged, cleared, or superseded.
        lost = [
            lead_mark.lead_id
            for lead_mark in leads.list_lost_marks()
            if arguments.lift and names_lead(arguments.lead, lead_mark.lead_id)
        ]
        lead = {"lead_id": lost[0]} if len(lost) == 1 else leads.find_lead(arguments.lead)
        lead_id = lead["lead_id"]
        every, is_asked = leads.list_ids(lead_id), bool(lead.get("reported_danger"))
    if arguments.lift:
        lead_marks.lift(officer_session, lead_id, why, every, is_reported=is_asked)
        print(f"lead {format_lead_number(lead_id)}: {'the report is answered' if is_asked else 'no longer urgent'}")
    else:
        lead_marks.mark(officer_session, lead_id, why, every)
        print(f"lead {format_lead_number(lead_id)}: urgent")
    return 0
