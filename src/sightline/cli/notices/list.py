"""`sightline notices list`: where each notice stands, and which answers are overdue."""

from __future__ import annotations

import argparse
import sys

from sightline.cli.subcommands import Parsers, add_command, add_json

EXAMPLES = """\
  sightline notices list
  sightline notices list --due  # those whose answer is overdue
  sightline notices list --case "FIR 12/2026" --json
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "list", "list the notices with their state", EXAMPLES)
    here.add_argument("--case", metavar="NUMBER", help="of one case (default: all)")
    here.add_argument("--due", action="store_true", help="only those whose answer is overdue")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """List notices."""
    from sightline.casework.cases.cases import find_case  # noqa: PLC0415
    from sightline.casework.notices.notices import compute_due_day, is_overdue  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.instants import format_day_in_india, to_microseconds  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Licensee, Notice  # noqa: PLC0415

    officer_session = start_session(arguments)
    now_us = to_microseconds(officer_session.clock())
    with officer_session.read(Action.NOTICE_VIEW, "notice:all", JournalVerb.VIEW_NOTICE) as tables:
        of = {} if arguments.case is None else {"case_id": find_case(tables, arguments.case).case_id}
        notices = [notice for notice in tables[Notice].select(**of) if not arguments.due or is_overdue(notice, now_us)]
        names = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    if arguments.json:
        for notice in notices:
            more = {"licensee": names[notice.licensee_id], "is_overdue": is_overdue(notice, now_us)}
            print(as_json(notice, **more))
        return 0
    rows = [("ID", "NUMBER", "KIND", "LICENSEE", "CIRCLE", "ROWS", "STATE", "DUE", "KEPT AT LEAST UNTIL")]
    for listed in notices:
        due = "" if listed.due_at_us is None else compute_due_day(listed.due_at_us)
        state = f"{listed.state}, overdue" if is_overdue(listed, now_us) else listed.state.value
        recipient = (names[listed.licensee_id], listed.circle or "not known", f"{listed.asks:,}")
        rows.append(
            (
                listed.notice_id[-6:],
                listed.number,
                listed.kind.value,
                *recipient,
                state,
                due,
                format_day_in_india(listed.keep_until_us),
            )
        )
    if notices:
        print("\n".join(format_columns(rows)))
    else:
        sys.stderr.write("no notice is overdue\n" if arguments.due else "no notices yet: sightline notices draft\n")
    return 0
