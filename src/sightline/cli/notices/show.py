"""`sightline notices show`: one notice with its rows, addresses and numbers masked until they are opened."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sightline.cli.address_options import add_open, check_given_reason
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.notices.letters import Letter

EXAMPLES = """\
  sightline notices show 7QX2
  sightline notices show 7QX2 --show-addresses --why "FIR 12/2026: compared with the log before it is signed"
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "show", "show one notice with its rows", EXAMPLES)
    here.add_argument("notice", metavar="ID", help="its id, the end of it, or its number")
    here.add_argument("--limit", type=int, default=50, metavar="N", help="how many rows (default 50)")
    add_json(here)
    add_open(here)


def run(arguments: argparse.Namespace) -> int:
    """Show a notice. As JSON its rows are masked too, unless opened."""
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.notices.notices import find_notice  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_fields  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.notices.annexure import flatten_rows, mask_rows  # noqa: PLC0415
    from sightline.services.notices.export import open_rows  # noqa: PLC0415
    from sightline.services.notices.letters import build_letter  # noqa: PLC0415
    from sightline.services.notices.notice_rows import read_rows_of_notice  # noqa: PLC0415

    if arguments.limit < 0:
        raise UsageError(f"--limit {arguments.limit}: it cannot be negative", hint="0 shows no row, and counts all")
    officer_session = start_session(arguments)
    about = name_thing("notice", arguments.notice)
    with officer_session.read(Action.NOTICE_VIEW, about, JournalVerb.VIEW_NOTICE) as tables:
        letter = build_letter(tables, find_notice(tables, arguments.notice))
    whole = read_rows_of_notice(officer_session.workspace, letter.notice)
    why = check_given_reason(arguments)
    if why is not None:
        open_rows(officer_session, letter.notice, whole.head(arguments.limit), why)
    rows = flatten_rows(whole.head(arguments.limit))
    rows = rows if why is not None else mask_rows(rows)
    if arguments.json:
        sys.stdout.write(as_json(letter.notice, licensee=letter.licensee.name, rows=rows.to_dicts()) + "\n")
        return 0
    sys.stdout.write("".join(f"{line}\n" for line in format_fields(_list_facts(letter))))
    sys.stdout.write("\n")
    table = [[name.upper() for name in rows.columns]]
    table += [["" if cell is None else str(cell) for cell in row] for row in rows.iter_rows()]
    sys.stdout.write("".join(f"{line}\n" for line in format_columns(table)))
    if len(whole) > len(rows):
        sys.stderr.write(f"{count_noun(len(whole) - len(rows), 'more row')}: --limit N, or sightline notices export\n")
    return 0


def _list_facts(letter: Letter) -> Iterator[tuple[str, object]]:
    from sightline.casework.notices.notices import compute_due_day  # noqa: PLC0415
    from sightline.cli.table_output import format_minute  # noqa: PLC0415
    from sightline.ledger.instants import format_day_in_india  # noqa: PLC0415

    notice = letter.notice
    yield "notice", notice.notice_id
    yield "number", notice.number
    yield "kind", f"{notice.kind}, in the form {notice.form.partition(':')[0]}"
    yield "to", f"{letter.licensee.name}, {letter.licensee.address}"
    yield "circle", notice.circle or "not known"
    yield "state", notice.state.value
    yield "drafted", f"{format_minute(notice.made_at_us)} by {letter.drafted_by}"
    yield "approval", notice.approval_id
    yield "approved", letter.approval and f"{format_minute(notice.approved_at_us)} by {letter.approval.by}"
    yield "follows", letter.follows
    yield "sent", notice.sent_at_us and f"{format_minute(notice.sent_at_us)}: {notice.sent_how}"
    yield "due", compute_due_day(notice.due_at_us) if notice.due_at_us is not None else None
    yield "closed", notice.closed_at_us and f"{format_minute(notice.closed_at_us)}: {notice.closed_why}"
    until = format_day_in_india(notice.keep_until_us)
    yield "kept", f"licence requires keeping until at least {until}; may be gone or still held after"
    yield "rows", f"{notice.asks:,}, SHA-256 {notice.sha256}"
