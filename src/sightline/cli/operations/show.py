"""`sightline operations list`, `show`: operations, and the board of one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.model.short_ids import format_lead_number

if TYPE_CHECKING:
    from sightline.services.operations.board import Board

LIST = "  sightline operations list\n"
SHOW = """\
  sightline operations show "P-Hunt 7"  # leads by stage, what happened, outcomes, measured precision
  sightline operations show "P-Hunt 7" --leads --json
"""


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    add_json(add_command(verbs, "list", "list the operations, newest first", LIST))
    show = add_command(verbs, "show", "show one operation: leads, events and results", SHOW)
    show.add_argument("operation", metavar="OPERATION", help="its name, its id, or the end of it")
    show.add_argument("--leads", action="store_true", help="its leads one by one, too")
    add_json(show)


def run(arguments: argparse.Namespace) -> int:
    """List operations, or show one."""
    return _list_operations(arguments) if arguments.verb == "list" else _show_operation(arguments)


def _list_operations(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Operation  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.OPERATION_VIEW, "operation:all", JournalVerb.VIEW_OPERATIONS) as tables:
        operations = sorted(
            tables[Operation].select(), key=lambda operation: (operation.begun_on, operation.operation_id), reverse=True
        )
    if arguments.json:
        sys.stdout.write("".join(f"{as_json(operation)}\n" for operation in operations))
        return 0
    rows = [("OPERATION", "NAME", "BEGUN ON", "STATE", "WHY")]
    rows += [
        (
            operation.operation_id[-6:],
            operation.name,
            operation.begun_on,
            "over" if operation.closed_at_us else "goes on",
            operation.why,
        )
        for operation in operations
    ]
    print("\n".join(format_columns(rows)))
    if not operations:
        sys.stderr.write("no operation yet: sightline operations add NAME --begun-on DATE --why TEXT\n")
    return 0


def _show_operation(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.operations.board import build_board  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(
        Action.OPERATION_VIEW, name_thing("operation", arguments.operation), JournalVerb.VIEW_OPERATIONS
    ):
        pass
    with open_generation(officer_session.workspace) as leads:
        overview = build_board(officer_session.workspace, leads, arguments.operation)
    if arguments.json:
        sys.stdout.write(json.dumps(_to_json(overview, with_leads=arguments.leads), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _format_overview(overview, with_leads=arguments.leads)))
    return 0


def _to_json(overview: Board, *, with_leads: bool) -> dict[str, Any]:
    from sightline.cli.table_output import as_json  # noqa: PLC0415

    return {
        "operation": json.loads(as_json(overview.operation)),
        "leads": overview.leads,
        "lost": overview.lost,
        "named": overview.named_count,
        "stages": overview.stages,
        "closed_for": overview.closed_for,
        "happened": overview.happened,
        "happened_in": overview.happened_in,
        "events": [json.loads(as_json(event)) for event in overview.events],
        "outcomes": overview.outcome_counts,
        "precision": overview.precision.to_dicts(),
    } | ({"members": overview.members.to_dicts()} if with_leads else {})


def _format_overview(overview: Board, *, with_leads: bool) -> Iterator[str]:
    from sightline.cli.outcomes.precision import format_precision  # noqa: PLC0415
    from sightline.cli.table_output import format_columns, format_fields  # noqa: PLC0415
    from sightline.stages.report import place_table  # noqa: PLC0415

    operation = overview.operation
    state = "goes on" if operation.closed_at_us is None else f"over: {operation.closed_why}"
    yield from format_fields(
        [("name", operation.name), ("why", operation.why), ("begun on", operation.begun_on), ("state", state)]
    )
    lost = f", {overview.lost:,} of them not there any more" if overview.lost else ""
    yield f"\nleads: {overview.leads:,}{lost}"
    most, kind = max(overview.leads, 1), place_table.PlaceKind.STATE
    stages = [
        (stage.value, f"{count:,}", place_table.draw_bar(count, most, kind)) for stage, count in overview.stages.items()
    ]
    yield from format_columns([("STATUS", "LEADS", ""), *stages])
    yield f"one subscriber is named for {overview.named_count:,}"
    if overview.closed_for:
        yield "closed: " + ", ".join(f"{count:,} {reason}" for reason, count in overview.closed_for.items())
    yield "\nhappened:"
    yield from format_columns(
        [("EVENT", "COUNT"), *((kind.value, f"{count:,}") for kind, count in overview.happened.items())]
    )
    if overview.events:
        yield ""
        head = ("EVENT", "ON", "WHAT", "COUNT", "STATE", "DISTRICT", "LEAD", "WHY")
        yield from format_columns(
            [head] + [
                (event.event_id[-6:], event.happened_on, event.kind.value, f"{event.count:,}", event.state,
                 event.district or "", (event.lead_id or "")[:12], event.why)
                for event in overview.events
            ]
        )  # fmt: skip
    yield ""
    yield from format_precision(overview.precision)
    if with_leads:
        yield ""
        yield from format_columns(
            [("LEAD", "STAGE", "CLOSED FOR", "NAMED")] + [
                (
                    format_lead_number(row["lead_id"]),
                    row["status"],
                    row["reason"] or "",
                    "one" if row["is_named"] else "",
                )
                for row in overview.members.iter_rows(named=True)
            ]
        )  # fmt: skip
