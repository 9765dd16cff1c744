"""`sightline notice replies`, `withdraw`: what came, and what is not relied on any more."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli import shown
from sightline.cli.verbs import Parsers, add_json, add_why, command

if TYPE_CHECKING:
    from sightline.casework.acting import Desk
    from sightline.record.store.rows import Reply

EXAMPLES = {
    "replies": """\
  sightline notice replies                     all of them
  sightline notice replies 3                   those to notice 3
  sightline notice replies 3 --findings        every row that is extra, missing, shifted...
  sightline notice replies 3 --rejects         every row that could not be read, and why
""",
    "withdraw": """\
  sightline notice withdraw K7Q2PA --why "the licensee says that it is of another customer"
""",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    here = command(verbs, "replies", "what came, and what its check found", EXAMPLES["replies"])
    here.add_argument("notice", nargs="?", metavar="NOTICE", help="its number, or the end of its id (default: all)")
    here.add_argument("--findings", action="store_true", help="every finding of the checks")
    here.add_argument("--rejects", action="store_true", help="every row that could not be read")
    add_json(here)
    over = command(verbs, "withdraw", "rely on a reply no more; then resolve again", EXAMPLES["withdraw"])
    over.add_argument("reply", metavar="REPLY", help="the end of its id")
    add_why(over)


def run(arguments: argparse.Namespace) -> int:
    """List replies, or withdraw one."""
    from sightline.cli.desk import desk_of  # noqa: PLC0415

    desk = desk_of(arguments)
    return _withdraw(desk, arguments) if arguments.verb == "withdraw" else _replies(desk, arguments)


def _withdraw(desk: Desk, arguments: argparse.Namespace) -> int:
    from sightline.casework.declared import words  # noqa: PLC0415
    from sightline.casework.replies import withdraw  # noqa: PLC0415

    over = withdraw(desk, arguments.reply, words(arguments.why, "--why"))
    print(f"reply {over.reply_id[-6:]} is not relied on any more: sightline resolve says what falls with it")
    return 0


def _replies(desk: Desk, arguments: argparse.Namespace) -> int:
    from sightline.casework.access import Action  # noqa: PLC0415
    from sightline.casework.declared import thing  # noqa: PLC0415
    from sightline.casework.notices import notice_of  # noqa: PLC0415
    from sightline.casework.replies import standing  # noqa: PLC0415
    from sightline.cli.tables import as_json, columns  # noqa: PLC0415
    from sightline.record.ledger.verbs import Seen  # noqa: PLC0415
    from sightline.record.store.rows import Notice, Reply  # noqa: PLC0415

    with desk.read(Action.NOTICE_VIEW, thing("notice", arguments.notice or "all"), Seen.VIEW_NOTICE) as shelves:
        one = notice_of(shelves, arguments.notice) if arguments.notice else None
        found = shelves[Reply].where(**({"notice_id": one.notice_id} if one else {}))
        numbers = {each.notice_id: each.number for each in shelves[Notice].where()}
    kept = {each.reply_id for each in standing(found)}
    if arguments.findings or arguments.rejects:
        return _rows(desk, found, "findings" if arguments.findings else "rejects", as_lines=arguments.json)
    if arguments.json:
        sys.stdout.write("".join(f"{as_json(each, stands=each.reply_id in kept)}\n" for each in found))
        return 0
    rows: list[tuple[str, ...]] = [
        ("REPLY", "NOTICE", "RECEIVED", "LAYOUT", "ROWS", "MET", "MISSING", "CERTIFICATE", "STANDS", "FILE")
    ]
    rows += [_row(each, numbers[each.notice_id], is_standing=each.reply_id in kept) for each in found]
    print("\n".join(columns(rows)))
    return 0


def _row(one: Reply, number: str, *, is_standing: bool) -> tuple[str, ...]:
    said = json.loads(one.account_json)
    counts = [f"{said[name]:,}" for name in ("rows", "met", "missing")]
    stands = "yes" if is_standing else f"withdrawn: {one.withdrawn_why}" if one.withdrawn_why else "corrected"
    certificate = "yes" if one.certificate_sha256 else "no"
    return (one.reply_id[-6:], number, one.received_on, one.layout, *counts, certificate, stands, one.name)


def _rows(desk: Desk, found: list[Reply], name: str, *, as_lines: bool) -> int:
    from sightline.engines.resolving.files import read  # noqa: PLC0415

    for reply in found:
        for one in read(desk.workspace, reply, name).iter_rows(named=True):
            if as_lines:
                sys.stdout.write(json.dumps({"reply_id": reply.reply_id} | one, ensure_ascii=False) + "\n")
            else:
                said = "  ".join(shown(str(value)) for value in one.values() if value is not None)
                sys.stdout.write(f"{reply.reply_id[-6:]}  {said}\n")
    return 0
