"""`sightline outcomes list`: what was found, by day."""

from __future__ import annotations

import argparse
import sys

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.model.short_ids import format_lead_number

EXAMPLES = """\
  sightline outcomes list  # all of them, by the day on which each was found
  sightline outcomes list --case "FIR 12/2026" --json
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "list", "list outcomes by day; withdrawn ones are marked", EXAMPLES)
    here.add_argument("--case", metavar="ID|NUMBER", help="those of one case (default: all)")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """List outcomes."""
    from sightline.casework.cases.cases import find_case  # noqa: PLC0415
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.leads.outcomes import list_outcomes  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Case  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(
        Action.OUTCOME_VIEW, name_thing("case", arguments.case or "all"), JournalVerb.VIEW_OUTCOMES
    ) as tables:
        case_id = find_case(tables, arguments.case).case_id if arguments.case else None
        lead_outcomes = list_outcomes(tables, case_id)
        numbers = {case.case_id: case.number for case in tables[Case].select()}
    if arguments.json:
        sys.stdout.write("".join(f"{as_json(outcome)}\n" for outcome in lead_outcomes))
        return 0
    rows = [("OUTCOME", "LEAD", "CASE", "FOUND ON", "WHAT", "SUBSCRIBER", "WHY")]
    for lead_outcome in lead_outcomes:
        why = lead_outcome.why if lead_outcome.withdrawn_why is None else f"withdrawn: {lead_outcome.withdrawn_why}"
        subscriber = (lead_outcome.subscriber_id or "")[:12]
        number = numbers[lead_outcome.case_id]
        rows.append(
            (
                lead_outcome.outcome_id[-6:],
                format_lead_number(lead_outcome.lead_id),
                number,
                lead_outcome.said_on,
                lead_outcome.kind.value,
                subscriber,
                why,
            )
        )
    print("\n".join(format_columns(rows)))
    return 0
