"""`sightline notices list-replies`, `confirm-reply`, `withdraw-reply`: replies, and what officers declare of them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json, add_why
from sightline.cli.terminal_text import escape_text

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.storage.rows import Reply

EXAMPLES = {
    "replies": """\
  sightline notices list-replies  # all of them
  sightline notices list-replies 3  # those to notice 3
  sightline notices list-replies 3 --findings  # every row that is extra, missing, shifted...
  sightline notices list-replies 3 --rejects  # every row that could not be read, and why
""",
    "confirm": """\
  sightline notices confirm-reply K7Q2PA scheduled-ends --why "letter of 19 June: the ends are scheduled"
  sightline notices confirm-reply K7Q2PA "column:Remarks" --why "its nodal officer: 'N' is a normal release"
  sightline notices confirm-reply K7Q2PA misfiled --why "withdrawn, because it answers another unit's notice"
""",
    "withdraw": """\
  sightline notices withdraw-reply K7Q2PA --why "the licensee says that it is of another customer"
""",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    here = add_command(verbs, "list-replies", "list the replies and what their checks found", EXAMPLES["replies"])
    here.add_argument("notice", nargs="?", metavar="NOTICE", help="its number, or a part of its id (default: all)")
    here.add_argument("--findings", action="store_true", help="every finding of the checks")
    here.add_argument("--rejects", action="store_true", help="every row that could not be read")
    add_json(here)
    answer = add_command(
        verbs, "confirm-reply", "declare what a doubtful reply means, then resolve again", EXAMPLES["confirm"]
    )
    answer.add_argument("reply", metavar="REPLY", help="its id, or its beginning or end")
    answer.add_argument("sign", metavar="SIGN", help="the doubt that is answered, as the check names it")
    add_why(answer, "how that is known: the ledger keeps it")
    over = add_command(
        verbs, "withdraw-reply", "withdraw a reply that must not be used, then resolve again", EXAMPLES["withdraw"]
    )
    over.add_argument("reply", metavar="REPLY", help="its id, or its beginning or end")
    add_why(over)


def run(arguments: argparse.Namespace) -> int:
    """List replies, or withdraw one."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    return {"withdraw-reply": _withdraw, "confirm-reply": _confirm, "list-replies": _list_replies}[arguments.verb](
        officer_session, arguments
    )


def _confirm(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.notices.replies import confirm_reply  # noqa: PLC0415

    confirmed = confirm_reply(officer_session, arguments.reply, arguments.sign, require_reason(arguments.why, "--why"))
    sign = escape_text(confirmed.sign)
    print(f"reply {confirmed.reply_id[-6:]}: {sign} is declared; sightline resolve uses its rows from now on")
    return 0


def _withdraw(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.notices.replies import find_denied_replies, withdraw_reply  # noqa: PLC0415
    from sightline.storage.rows import Reply  # noqa: PLC0415

    over = withdraw_reply(officer_session, arguments.reply, require_reason(arguments.why, "--why"))
    print(f"reply {over.reply_id[-6:]} is not relied on any more: sightline resolve says what falls with it")
    with officer_session.workspace.read() as tables:
        denied = find_denied_replies(tables, tables[Reply].select(notice_id=over.notice_id))
    for reply_id, correction in denied.items():
        if correction.reply_id == over.reply_id:
            print(_explain_denial(reply_id, correction))
    return 0


def _explain_denial(reply_id: str, correction: Reply) -> str:
    """Return why a reply does not count although the correction that replaced it was withdrawn."""
    of = correction.reply_id[-6:]
    return (
        f"reply {reply_id[-6:]} does not count again: its correction {of} said that it was wrong; if {of} is no answer"
        f" to this notice at all: sightline notices confirm-reply {of} misfiled --why TEXT"
    )


def _list_replies(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.notices import replies as replies_module  # noqa: PLC0415
    from sightline.casework.notices.notices import find_notice  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Notice, Officer, Reply  # noqa: PLC0415

    with officer_session.read(
        Action.NOTICE_VIEW, name_thing("notice", arguments.notice or "all"), JournalVerb.VIEW_NOTICE
    ) as tables:
        notice = find_notice(tables, arguments.notice) if arguments.notice else None
        replies = tables[Reply].select(**({"notice_id": notice.notice_id} if notice else {}))
        numbers = {each.notice_id: each.number for each in tables[Notice].select()}
        declared = {reply.reply_id: replies_module.list_confirmations(tables, reply.reply_id) for reply in replies}
        names = {officer.officer_id: officer.name for officer in tables[Officer].select()}
        current = {reply.reply_id for reply in replies_module.select_current_replies(tables, replies)}
        denied = replies_module.find_denied_replies(tables, replies)
    if arguments.findings or arguments.rejects:
        return _print_rows(
            officer_session, replies, "findings" if arguments.findings else "rejects", as_lines=arguments.json
        )
    if arguments.json:
        for reply in replies:
            known = declared[reply.reply_id]
            answers = [
                {"sign": confirmation.sign, "why": confirmation.why, "by": names[confirmation.confirmed_by]}
                for confirmation in known
            ]
            line = as_json(
                reply, stands=reply.reply_id in current, doubts=replies_module.list_doubts(reply), declared=answers
            )
            sys.stdout.write(f"{line}\n")
        return 0
    rows: list[tuple[str, ...]] = [
        ("REPLY", "NOTICE", "RECEIVED", "LAYOUT", "ROWS", "MET", "MISSING", "CERTIFICATE", "CURRENT", "FILE")
    ]
    rows += [_build_row(reply, numbers[reply.notice_id], is_standing=reply.reply_id in current) for reply in replies]
    print("\n".join(format_columns(rows)))
    for reply_id, correction in denied.items():
        print(_explain_denial(reply_id, correction))
    for reply in replies:
        answered = {confirmation.sign: confirmation for confirmation in declared[reply.reply_id]}
        for doubt in replies_module.list_doubts(reply):
            answer = answered.get(doubt)
            by = f"declared by {names[answer.confirmed_by]}: {answer.why}" if answer else "nobody is named by its rows"
            print(f"{reply.reply_id[-6:]}  in doubt: {escape_text(doubt)}; {escape_text(by)}")
    return 0


def _build_row(reply: Reply, number: str, *, is_standing: bool) -> tuple[str, ...]:
    account = json.loads(reply.account_json)
    counts = [f"{account[name]:,}" for name in ("rows", "met", "missing")]
    stands = "yes" if is_standing else f"withdrawn: {reply.withdrawn_why}" if reply.withdrawn_why else "corrected"
    certificate = "yes" if reply.certificate_sha256 else "no"
    return (reply.reply_id[-6:], number, reply.received_on, reply.layout, *counts, certificate, stands, reply.name)


def _print_rows(officer_session: OfficerSession, replies: list[Reply], name: str, *, as_lines: bool) -> int:
    from sightline.services.artifacts.resolution_files import read_table  # noqa: PLC0415

    for reply in replies:
        for row in read_table(officer_session.workspace, reply, name).iter_rows(named=True):
            if as_lines:
                sys.stdout.write(json.dumps({"reply_id": reply.reply_id} | row, ensure_ascii=False) + "\n")
            else:
                cells = "  ".join(escape_text(str(value)) for value in row.values() if value is not None)
                sys.stdout.write(f"{reply.reply_id[-6:]}  {cells}\n")
    return 0
