"""`sightline notices mark-sent` and `close`: that a notice went out, and that nothing more is awaited of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession

ZONE = "Asia/Kolkata"
"""In which days are meant."""
SENT = """\
  sightline notices mark-sent 7QX2 --how "by hand, receipt 41"
  sightline notices mark-sent 7QX2 K3M9 --how "by hand, receipts 41 and 42"
  sightline notices mark-sent --all --case "FIR 12/2026" --how "dispatch register 118"
      # every approved notice of the case, in one go
  sightline notices mark-sent 7QX2 --how "e-mail to the nodal officer" --on 2026-03-05 --due 2026-03-12
"""
CLOSE = """\
  sightline notices close 7QX2 --why "answered in full"
  sightline notices close 7QX2 K3M9 --why "withdrawn by the agency"
"""


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    command = add_command(
        verbs, "mark-sent", "record that an approved notice was sent, how, and when the answer is due", SENT
    )
    close = add_command(verbs, "close", "close a notice: no answer is expected any more", CLOSE)
    add_many(command, "every approved notice")
    close.add_argument("notices", nargs="+", metavar="ID", help="its id, the end of it, or its number")
    command.add_argument("--how", required=True, metavar="TEXT", help="how it was sent, with its receipt number")
    command.add_argument(
        "--on", metavar="TIME", help="when, as a day in India or an instant with its zone (default: now)"
    )
    command.add_argument("--due", metavar="DATE", help="the last day for an answer (default: the 15th from then)")
    add_why(close)


def add_many(here: argparse.ArgumentParser, every: str) -> None:
    """Add the options of a verb that takes one notice, several, or all that are approved."""
    here.add_argument("notices", nargs="*", metavar="ID", help="its id, the end of it, or its number")
    here.add_argument("--all", action="store_true", help=f"{every} that was not sent yet")
    here.add_argument("--case", metavar="NUMBER", help="with --all: of one case")


def choose_notices(officer_session: OfficerSession, arguments: argparse.Namespace) -> list[str]:
    """Return what names the notices that a command is about. Raises UsageError where that is unclear, or nothing."""
    from sightline.casework.cases import cases  # noqa: PLC0415
    from sightline.casework.notices import notices  # noqa: PLC0415

    if arguments.all == bool(arguments.notices) or (arguments.case and not arguments.all):
        raise UsageError(
            "no notice was named", hint="give their ids, or --all, with --case NUMBER for those of one case"
        )
    if not arguments.all:
        return list(dict.fromkeys(arguments.notices))
    case_id = None
    if arguments.case is not None:
        with officer_session.workspace.read() as tables:
            case_id = cases.find_case(tables, arguments.case).case_id
    result = notices.list_approved_notices(officer_session, case_id)
    if not result:
        raise UsageError("no notice is approved and not sent yet", hint="sightline notices list; sightline approve")
    return [notice.notice_id for notice in result]


def run(arguments: argparse.Namespace) -> int:
    """Record that notices went out, or that nothing more is awaited of them."""
    from sightline.casework.input_checks import parse_instant, require_reason, require_words  # noqa: PLC0415
    from sightline.casework.notices import notices  # noqa: PLC0415
    from sightline.casework.notices.notices import compute_due_day  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    if arguments.verb == "mark-sent":
        how = require_words(arguments.how, "--how")
        on = None if arguments.on is None else parse_instant(arguments.on, "--on", ZONE)
        due = None if arguments.due is None else parse_instant(arguments.due, "--due", ZONE, is_end=True)
        officer_session = start_session(arguments)
        for text in choose_notices(officer_session, arguments):
            notice = notices.send(officer_session, text, how, on, due)
            print(
                f"{notice.notice_id}  {notice.number}: sent, "
                f"an answer is due by {compute_due_day(notice.due_at_us or 0)}"
            )
        return 0
    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    for text in arguments.notices:
        notice = notices.close(officer_session, text, why)
        print(f"{notice.notice_id}  {notice.number}: closed")
    return 0
