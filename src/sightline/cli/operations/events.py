"""`sightline operations add-event`, `withdraw-event`: what happened on a day, counted."""

from __future__ import annotations

import argparse

from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.model import OperationEventKind

EVENT = """\
  sightline operations add-event "P-Hunt 7" search --on 2026-06-05 --state Kerala --district Thrissur --count 4 \\
      --why "GD 14"
  sightline operations add-event "P-Hunt 7" arrest --on 2026-06-05 --state IN-KL --lead 4cedfc69 --why "FIR 12/2026"
"""
ABOUT = """\
Count an event by day (in India), state and district. An event may name a lead, or a subscriber by the id that replies
gave. There is no option for a person's name: an operation stores none.
"""
PERSONAL = ("--name", "--person", "--accused", "--suspect", "--father", "--phone", "--address")
"""Options that are refused with the reason, whatever they say."""
WITHDRAW = '  sightline operations withdraw-event K7Q2PA --why "of another day"\n'


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    here = add_command(verbs, "add-event", "record what happened on a day, and how many times", EVENT, ABOUT)
    here.add_argument("operation", metavar="OPERATION", help="its name, its id, or the end of it")
    here.add_argument("kind", choices=[kind.value for kind in OperationEventKind], help="what happened")
    here.add_argument("--on", required=True, metavar="DATE", help="the day, as 2026-06-05")
    here.add_argument("--state", required=True, metavar="CODE", help="ISO 3166-2, as IN-KL, or a state by name")
    here.add_argument("--district", metavar="NAME", help="the district")
    here.add_argument("--count", type=int, default=1, metavar="N", help="how many times (default 1)")
    here.add_argument("--lead", metavar="ID", help="of which lead")
    here.add_argument("--subscriber", metavar="ID", help="of which subscriber, as replies named it: the id's beginning")
    here.add_argument(*PERSONAL, dest="personal", action="append", help=argparse.SUPPRESS)
    add_why(here, "the paper that has it, which the ledger keeps; no name, no number")
    over = add_command(verbs, "withdraw-event", "withdraw an event, so that it no longer counts", WITHDRAW)
    over.add_argument("event", metavar="ID", help="its id, or the end of it")
    add_why(over)


def run(arguments: argparse.Namespace) -> int:
    """Record an event, or withdraw one."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.operations import operations  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    if arguments.verb == "withdraw-event":
        over = operations.withdraw_event(
            start_session(arguments), arguments.event, require_reason(arguments.why, "--why")
        )
        print(f"event {over.event_id[-6:]}: counts no more")
        return 0
    return _record_event(arguments)


def _record_event(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_day, require_reason  # noqa: PLC0415
    from sightline.casework.operations import operations  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.outcomes.subscriber_lookup import find_subscriber  # noqa: PLC0415

    on = require_day(arguments.on, "--on")
    officer_session = start_session(arguments)
    officer_session.require(Action.OPERATION_RUN, "operation:event")
    with officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, "operation:event"):
        operations.refuse_personal(["name"] if arguments.personal else [])
    lead_id = subscriber = None
    if arguments.lead is not None:
        with open_generation(officer_session.workspace) as leads:
            lead_id = str(leads.find_lead(arguments.lead)["lead_id"])
    if arguments.subscriber is not None:
        subscriber = find_subscriber(officer_session.workspace, arguments.subscriber)
    happened = operations.EventForm(
        OperationEventKind(arguments.kind),
        on,
        arguments.state,
        require_reason(arguments.why, "--why"),
        arguments.count,
        arguments.district,
        lead_id,
        subscriber,
    )
    event = operations.record_event(officer_session, arguments.operation, happened)
    print(f"event {event.event_id[-6:]}: {event.count:,} {event.kind}, {event.happened_on}, {event.state}")
    return 0
