"""`sightline resolve show`, `open`, `list-recalled`: one resolution with its reasons, one identity, and what fell."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sightline.cli.address_options import add_open, record_opening
from sightline.cli.masked_output import show_whole
from sightline.cli.subcommands import Parsers, add_command, add_json, add_why
from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.stages.report.printable import mask_lines

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.artifacts.resolutions import Resolutions

EXAMPLES = {
    "show": "  sightline resolve show 4cedfc69\n  # sightline resolve show 4cedfc69 --json\n",
    "open": '  sightline resolve open 9a31c07e --why "FIR 12/2026: search warrant to be asked for"\n',
    "purge": '  sightline resolve purge 9a31c07e --why "innocent, order of 3.8.2026"\n',
    "list-recalled": "  sightline resolve list-recalled\n  # sightline resolve list-recalled --json\n",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    show = add_command(verbs, "show", "show a session, a lead or a subscriber with every reason", EXAMPLES["show"])
    show.add_argument("id", metavar="ID", help="of a session, a lead or a subscriber: 4 digits of it or more")
    add_json(show)
    add_open(show)
    open_ = add_command(verbs, "open", "open one identity; the journal stores your reason", EXAMPLES["open"])
    open_.add_argument("id", metavar="SUBSCRIBER", help="its id: 4 digits of it or more")
    add_why(open_, "why it is opened: the journal keeps it")
    add_json(open_)
    purge = add_command(verbs, "purge", "destroy the key of one identity, by two officers", EXAMPLES["purge"])
    purge.add_argument("id", metavar="SUBSCRIBER", help="its id: 4 digits of it or more")
    add_why(purge)
    add_json(
        add_command(
            verbs, "list-recalled", "list lines that were named once and no longer are", EXAMPLES["list-recalled"]
        )
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.resolutions import require_newest_resolution  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.RESOLUTION_VIEW, "resolving:all", JournalVerb.VIEW_RESOLUTIONS):
        resolutions = require_newest_resolution(officer_session.workspace)
    return {"show": _show_session, "open": _open_identity, "list-recalled": _show_recalled, "purge": _purge_subscriber}[
        arguments.verb
    ](officer_session, resolutions, arguments)


def _show_session(officer_session: OfficerSession, resolutions: Resolutions, arguments: argparse.Namespace) -> int:
    from sightline.cli.resolve.run_resolution import format_subscriber  # noqa: PLC0415
    from sightline.cli.table_output import format_fields  # noqa: PLC0415
    from sightline.services.leads.masked_leads import mask_session  # noqa: PLC0415

    result = resolutions.find_sessions(arguments.id)
    leads = result["lead_id"].unique(maintain_order=True)
    is_open = record_opening(officer_session, arguments, [f"lead:{lead}" for lead in leads]) is not None
    for session_json in resolutions.to_json(result):
        if arguments.json:
            whole = session_json | {"is_masked": False} if is_open else mask_session(session_json)
            sys.stdout.write(json.dumps(whole, ensure_ascii=False) + "\n")
            continue
        rows: list[tuple[str, object]] = [
            ("session", session_json["session_id"]),
            ("lead", session_json["lead_id"]),
            ("from", session_json["source_ip"] if is_open else mask_lines(session_json["source_ip"])),
            ("first", session_json["first_seen"]),
            ("last", session_json["last_seen"]),
            ("verdict", session_json["verdict"]),
            *(("subscriber", format_subscriber(subscriber)) for subscriber in session_json["subscribers"]),
            *(("lacks", lack) for lack in resolutions.lacks(session_json)),
            ("by chance", session_json["survivors_by_chance"]),
            *(("why", reason["text"]) for reason in session_json["reasons"]),
            ("visits", f"{session_json['visits_named']:,} of {session_json['visit_count']:,} have a line"),
            *(("", line) for part in session_json["visits"] for line in format_part_lines(part, is_open=is_open)),
        ]
        text = "\n".join(format_fields(rows)) + "\n"
        print(text if is_open else mask_text(text, collect_addresses([session_json["source_ip"]])))
    return 0


def format_part_lines(part: dict[str, Any], *, is_open: bool = False) -> Iterator[str]:
    """Say of some visits of a session when and by which connection they were made, and whose line made them."""
    from sightline.cli.resolve.run_resolution import format_subscriber  # noqa: PLC0415

    first, last = (part[f"{edge}_seen"].replace("T", " ") for edge in ("first", "last"))
    when = first if first == last else f"{first} to {last}"
    port = part["source_port"] if is_open else part["source_port"] and "(port)"
    source = "/".join(str(value) for value in (port, part["protocol"]) if value is not None)
    to = part["destination_ip"] or ""
    to = to if is_open or not to else mask_lines(to)
    connection = f", from {source}" * bool(source) + f", to {to}" * bool(to)
    count = count_noun(part["visits"], "visit")
    subscribers = ", ".join(format_subscriber(subscriber) for subscriber in part["subscribers"])
    yield f"{count}, {when}{connection}: {part['verdict']} {subscribers}".rstrip()
    yield from (
        f"    behind an operator's line: {format_subscriber(operator)}, {operator['licensee']}"
        for operator in part["through"]
    )
    yield from (f"    {reason['text']}" for reason in part["reasons"])
    yield from (f"    reply {doubt['reply_id'][-6:]}: {escape_text(doubt['text'])}" for doubt in part["doubts"])


def _open_identity(officer_session: OfficerSession, resolutions: Resolutions, arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.table_output import format_fields  # noqa: PLC0415
    from sightline.services.artifacts.resolutions import open_identity  # noqa: PLC0415

    row, identity = open_identity(officer_session, resolutions, arguments.id, require_reason(arguments.why, "--why"))
    show_whole()
    if arguments.json:
        sys.stdout.write(json.dumps(row | {"identity": identity}, ensure_ascii=False) + "\n")
        return 0
    place = [row["installation_district"], row["installation_state"]]
    rows: list[tuple[str, Any]] = [("subscriber", row["subscriber"]), ("status", row["standing"])]
    rows += [(name.replace("_", " "), escape_text(value)) for name, value in identity.items()]
    rows += [("installed in", ", ".join(filter(None, place)) or None)]
    print("\n".join(format_fields(rows)))
    return 0


def _purge_subscriber(officer_session: OfficerSession, resolutions: Resolutions, arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.services.resolution.identity_retention import purge_identity  # noqa: PLC0415

    subscriber = resolutions.find_subscriber(arguments.id)["subscriber"]
    purge_identity(officer_session, subscriber, require_reason(arguments.why, "--why"))
    print(f"the identity of subscriber {subscriber[:12]} can be read no more")
    return 0


def _show_recalled(_session: OfficerSession, resolutions: Resolutions, arguments: argparse.Namespace) -> int:
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    if arguments.json:
        for row in resolutions.recalled_lines.iter_rows(named=True):
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        return 0
    rows = [("SESSION", "LEAD", "SUBSCRIBER", "SINCE", "WHY")]
    rows += [
        (session[:12], format_lead_number(lead), subscriber[:12], f"resolution {number}", why)
        for session, lead, subscriber, why, number in resolutions.recalled_lines.iter_rows()
    ]
    print("\n".join(format_columns(rows)))
    return 0
