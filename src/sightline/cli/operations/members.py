"""`sightline operations add-leads`, `remove-leads`: which leads belong to an operation."""

from __future__ import annotations

import argparse

from sightline.cli.leads.filters import add_filters
from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.errors import UsageError

ADD = """\
  sightline operations add-leads "P-Hunt 7" 4cedfc69 5e708123 --why "one line each"
  sightline operations add-leads "P-Hunt 7" --state IN-KL --ceiling subscriber --why "all of Kerala"
"""
TAKE_OUT = '  sightline operations remove-leads "P-Hunt 7" 4cedfc69 --why "it was a relay"\n'


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    more = add_command(verbs, "add-leads", "add leads to an operation, one or many at once", ADD)
    less = add_command(verbs, "remove-leads", "remove leads from an operation", TAKE_OUT)
    for here in (more, less):
        here.add_argument("operation", metavar="OPERATION", help="its name, its id, or the end of it")
        here.add_argument("leads", nargs="*", metavar="ID", help="numbers or ids of leads, or the beginnings of ids")
        add_filters(here)
        add_why(here)


def run(arguments: argparse.Namespace) -> int:
    """Put leads in, or take them out."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.operations import operations  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.leads.work import is_filtered, select_leads  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    if bool(arguments.leads) is is_filtered(arguments):
        raise UsageError("ids and filters exclude each other", hint="give ids, or --state, --ceiling..., not both")
    officer_session = start_session(arguments)
    officer_session.require(Action.OPERATION_RUN, "operation:leads")
    which = select_leads(officer_session, arguments)
    act = operations.add_leads if arguments.verb == "add-leads" else operations.take_out
    lead_batch = act(officer_session, arguments.operation, which, require_reason(arguments.why, "--why"))
    print(f"{lead_batch.leads:,} {'lead' if lead_batch.leads == 1 else 'leads'}: {lead_batch.act.value}")
    return 0
