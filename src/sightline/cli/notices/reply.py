"""`sightline notices import-reply`: a licensee's answer, read by machine and held against the notice, row by row."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.private_files import read_private_file

if TYPE_CHECKING:
    from sightline.services.resolution.received_reply import ReceivedReply
    from sightline.stages.resolve.model import DateOrder

DESCRIPTION = """\
Import a licensee's answer to a notice. Every row is compared with the rows of the notice. Rows that belong to it are
stored, with numbers and names sealed. Rows that are extra, missing, shifted, swapped or one digit off are reported, and
never used. A reply without the licensee's own certificate can resolve, but cannot corroborate. The layouts that are
read: docs/reference/replies.md.
"""
EXAMPLES = """\
  sightline notices import-reply reply.csv --to 3 --received 2026-06-20 --certificate certificate.pdf
  sightline notices import-reply log.txt --to 3 --received 2026-06-20 --timezone Asia/Kolkata --date-order dmy
  sightline notices import-reply two.xlsx --to 3 --received 2026-06-20 --date-order dmy --date-order "April=mdy"
  sightline notices import-reply part1.zip --to 3 --received 2026-06-20 --partial --password-file zip-password
  sightline notices import-reply corrected.xlsx --to 3 --received 2026-06-28 --corrects K7Q2PA
  sightline notices import-reply leases.csv --to 3 --received 2026-06-20 --confirm scheduled-ends \\
      --why "letter of 19 June"
"""
MAX_FINDINGS = 12
CONFIRM = "a sign that the check names, or column:HEADING: its rows count all the same; more than once for several"


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "import-reply", "read an ISP's answer, held against the notice", EXAMPLES, DESCRIPTION)
    here.add_argument("file", type=Path, metavar="FILE", help="as it came: CSV, XLSX, ZIP, gzip, a detail file")
    here.add_argument("--to", required=True, metavar="NOTICE", help="the notice's number, or a part of its id")
    here.add_argument("--received", required=True, metavar="DATE", help="the day on which it came, as 2026-06-20")
    reading = here.add_argument_group("what is declared of it (default: as the ISP's replies usually are)")
    reading.add_argument("--layout", default="auto", metavar="NAME|FILE.toml", help="its layout (default: found out)")
    reading.add_argument("--timezone", metavar="ZONE", help="the zone of its times: Asia/Kolkata, +05:30")
    reading.add_argument(
        "--date-order",
        action="append",
        default=[],
        metavar="dmy|mdy|ymd|TABLE=ORDER",
        help="the order of day, month and year; of one sheet or file of several: Sheet2=mdy",
    )
    reading.add_argument("--year", type=int, metavar="YYYY", help="the year, where its times name none")
    reading.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="a file with the password of a ZIP; nobody else may read it (chmod 600)",
    )
    here.add_argument("--certificate", type=Path, metavar="FILE", help="the ISP's own certificate of this file")
    here.add_argument("--partial", action="store_true", help="the ISP says that more will follow")
    here.add_argument("--corrects", metavar="REPLY", help="the reply that this one replaces: its id, or a part of it")
    doubts = here.add_argument_group("what the officer declares where the file is in doubt")
    doubts.add_argument("--confirm", action="append", default=[], metavar="SIGN", help=CONFIRM)
    doubts.add_argument("--why", default="", metavar="TEXT", help="how that is known: the ledger keeps it")
    here.add_argument("--quiet", action="store_true", help="no progress bar and no account")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """Read a reply, and say what of it met the notice."""
    from sightline.casework.input_checks import require_day, require_reason, require_zone  # noqa: PLC0415
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.resolution.received_reply import ReceiveRequest  # noqa: PLC0415
    from sightline.services.resolution.reply_intake import receive_reply  # noqa: PLC0415
    from sightline.stages.resolve.model import ReplyDeclarations, parse_table_order  # noqa: PLC0415

    reply_declarations = ReplyDeclarations(
        arguments.layout,
        require_zone(arguments.timezone),
        _parse_order(arguments.date_order),
        arguments.year,
        _read_password(arguments.password_file),
        tuple(parse_table_order(text) for text in arguments.date_order if "=" in text),
    )
    request = ReceiveRequest(
        arguments.to,
        arguments.file,
        reply_declarations,
        require_day(arguments.received, "--received"),
        arguments.certificate,
        arguments.partial,
        arguments.corrects,
        tuple(dict.fromkeys(arguments.confirm)),
        require_reason(arguments.why, "--why") if arguments.confirm else "",
    )
    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="rows") as watch:
        received = receive_reply(officer_session, request, watch)
    if arguments.json:
        sys.stdout.write(json.dumps(_to_plain(received), ensure_ascii=False) + "\n")
    elif not arguments.quiet:
        sys.stdout.write("".join(f"{line}\n" for line in _format_account(received)))
    return 1 if received.account["rejects"] else 0


def _parse_order(texts: Sequence[str]) -> DateOrder | None:
    """The order of all tables of which none is declared alone."""
    from sightline.stages.resolve.model import DATE_ORDERS  # noqa: PLC0415

    whole = [text for text in texts if "=" not in text]
    known = [date_order for date_order in DATE_ORDERS if [date_order] == whole]
    if whole and not known:
        raise UsageError(f"--date-order {' '.join(whole)}: one of {', '.join(DATE_ORDERS)}", hint="or TABLE=ORDER")
    return known[0] if known else None


MOST_OF_PASSWORD = 1024
"""The bytes that are read of a password's file."""


def _read_password(path: Path | None) -> bytes | None:
    if path is None:
        return None
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file", hint="write the password of the ZIP into it")
    return read_private_file(path, MOST_OF_PASSWORD).rstrip(b"\r\n")


def _to_plain(received: ReceivedReply) -> dict[str, object]:
    reply = received.reply
    return {
        "reply_id": reply.reply_id,
        "notice": received.notice.number,
        "sha256": reply.sha256,
        "layout": reply.layout,
        "why": received.layout_reason,
        "was_there": received.was_there,
        "account": received.account,
        "findings": received.findings.to_dicts(),
    }


def _format_account(received: ReceivedReply) -> list[str]:
    """Return what was read, what met the notice, and what did not, in words."""
    reply, account = received.reply, received.account
    again = ", there already: nothing was done" if received.was_there else ""
    lines = [f"reply {reply.reply_id[-6:]} to notice {received.notice.number}  {reply.layout}{again}"]
    if received.layout_reason:
        lines.append(f"  {escape_text(received.layout_reason)}")
    lines.append(
        f"  {count_noun(account['rows'], 'row')} read, "
        f"{count_noun(account['met'], 'meets', 'meet')} one of the {account['asked']:,} asked"
    )
    if account.get("inside"):
        lines.append(
            f"  {account['inside']:,} of them say whose an address inside was: the second step of a NAT log's rows"
        )
    lines += [f"  {count:,} {kind}" for kind, count in sorted(account.items()) if count and kind not in MAIN]
    if account["rejects"]:
        lines.append(
            f"  {count_noun(account['rejects'], 'row')} could not be read: sightline notices list-replies --rejects"
        )
    for row, row_id, text in received.findings.select("row", "row_id", "text").head(MAX_FINDINGS).iter_rows():
        where = " ".join(filter(None, (f"row {row}" if row is not None else "", f"asked {row_id}" if row_id else "")))
        lines.append(f"    {where}: {text}")
    if len(received.findings) > MAX_FINDINGS:
        lines.append(
            f"    and {len(received.findings) - MAX_FINDINGS:,} more: sightline notices list-replies --findings"
        )
    lines += _format_doubts(received)
    if reply.certificate_sha256 is None:
        lines.append("  without the ISP's certificate: it resolves, and cannot corroborate")
    return lines


def _format_doubts(received: ReceivedReply) -> list[str]:
    """Return what doubts the file, and how an officer answers it."""
    from sightline.casework.notices.replies import OF_COLUMN  # noqa: PLC0415

    lines = []
    for doubt in received.open_doubts:
        what = "its rows name nobody" if doubt.startswith(OF_COLUMN) else "rows that it doubts name nobody"
        lines.append(f"  in doubt: {doubt}; {what} until the ISP answers, or an officer declares what it means:")
        lines.append(f'    sightline notices confirm-reply {received.reply.reply_id[-6:]} "{doubt}" --why TEXT')
    return lines


MAIN = {"rows", "met", "asked", "rejects", "fingerprint", "inside"}
