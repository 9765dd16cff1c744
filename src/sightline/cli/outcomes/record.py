"""`sightline outcomes record`, `withdraw`: what was found, and what is not said any more."""

from __future__ import annotations

import argparse

from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.model import OutcomeKind
from sightline.model.short_ids import format_lead_number

EXAMPLES = {
    "record": """\
  sightline outcomes record 4cedfc69 --case "FIR 12/2026" --kind confirmed-by-forensics --on 2026-07-01 \\
      --why "report 88/2026 of the state laboratory"
""",
    "withdraw": """\
  sightline outcomes withdraw K7Q2PA --why "recorded under the wrong lead"
""",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    here = add_command(verbs, "record", "record the outcome of a lead", EXAMPLES["record"])
    here.add_argument(
        "lead", metavar="LEAD", help="its number or id, or the beginning of the id; older ids are followed"
    )
    here.add_argument("--case", required=True, metavar="ID|NUMBER", help="in which case")
    here.add_argument("--kind", required=True, choices=[kind.value for kind in OutcomeKind], help="what was found")
    here.add_argument("--on", required=True, metavar="DATE", help="the day on which it was found, as 2026-07-01")
    here.add_argument("--subscriber", metavar="ID", help="of which subscriber, as replies named it: the id's beginning")
    add_why(here, "how it is known, which the ledger keeps; no name, no number")
    over = add_command(verbs, "withdraw", "withdraw an outcome, so that it no longer counts", EXAMPLES["withdraw"])
    over.add_argument("outcome", metavar="ID", help="its id, or the end of it")
    add_why(over)


def run(arguments: argparse.Namespace) -> int:
    """Record an outcome, or withdraw one."""
    return _withdraw(arguments) if arguments.verb == "withdraw" else _record_outcome(arguments)


def _record_outcome(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_day, require_reason  # noqa: PLC0415
    from sightline.casework.leads.outcomes import OutcomeForm  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.outcomes.outcomes import record_outcome_of_lead  # noqa: PLC0415
    from sightline.services.outcomes.subscriber_lookup import find_subscriber  # noqa: PLC0415

    why, said_on = require_reason(arguments.why, "--why"), require_day(arguments.on, "--on")
    officer_session = start_session(arguments)
    officer_session.require(Action.OUTCOME_RECORD, "leads:all")
    subscriber = find_subscriber(officer_session.workspace, arguments.subscriber) if arguments.subscriber else None
    outcome_form = OutcomeForm(arguments.lead, arguments.case, OutcomeKind(arguments.kind), said_on, why, subscriber)
    with open_generation(officer_session.workspace) as leads:
        outcome = record_outcome_of_lead(officer_session, leads, outcome_form)
    print(f"outcome {outcome.outcome_id[-6:]}: lead {format_lead_number(outcome.lead_id)}, {outcome.kind}")
    return 0


def _withdraw(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.leads.outcomes import withdraw_outcome  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    over = withdraw_outcome(start_session(arguments), arguments.outcome, why)
    print(f"outcome {over.outcome_id[-6:]} of lead {format_lead_number(over.lead_id)} counts no more")
    return 0
