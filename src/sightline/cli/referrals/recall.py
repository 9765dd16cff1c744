"""`sightline referrals recall`: what fell since it was referred; recalled, with a note for the force."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.model.short_ids import format_lead_number

EXAMPLES = """\
  sightline referrals recall --list  # which leads became invalid, of which referral, and why
  sightline referrals recall "KA-CYBER 1" --why "list of 1 July clears the site" --out recall.json
  sightline referrals recall "KA-CYBER 1" --lead 4cedfc69 --why "wrong line, their letter of 3 July" --out recall.json
  sightline referrals recall "KA-CYBER 1" --again 7QX2AB --out recall.json  # the note of one that was made
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "recall", "recall leads that are no longer valid, or --list them", EXAMPLES)
    here.add_argument("referral", nargs="?", metavar="ID", help="its number, its id, or the end of it")
    here.add_argument("--list", action="store_true", help="show the leads that became invalid, and recall nothing")
    here.add_argument("--lead", action="append", default=[], metavar="ID", help="recall this lead, even if valid")
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger keeps and the force reads")
    here.add_argument("--again", metavar="RECALL", help="write the note of a recall that was made")
    here.add_argument("--out", type=Path, metavar="FILE.json", help="where to write the note")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """List, recall, or write a note again."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415

    if arguments.list:
        return _list_due_recalls(arguments)
    if arguments.referral is None or arguments.out is None or (arguments.why is None) == (arguments.again is None):
        raise UsageError(
            "the referral, the reason or the file of the note is missing",
            hint="ID --why TEXT --out FILE.json, or --list",
        )
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals import recalls  # noqa: PLC0415

    check_one(arguments.out, (), overwrite=False)
    officer_session = start_session(arguments)
    if arguments.again is not None:
        referral_recall = recalls.find_earlier_recall(officer_session, arguments.referral, arguments.again)
    else:
        referral_recall = recalls.recall_leads(
            officer_session, arguments.referral, require_reason(arguments.why, "--why"), arguments.lead
        )
    write_small(
        arguments.out, recalls.write_recall_note(officer_session, referral_recall).decode(), mode=0o600, overwrite=False
    )
    print(f"recall {referral_recall.recall_id[-6:]}: {arguments.out}")
    sys.stderr.write("send it to the force, and to whomever else the leads went\n")
    return 0


def _list_due_recalls(arguments: argparse.Namespace) -> int:
    import json  # noqa: PLC0415

    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.services.referrals.recalls import list_due_recalls  # noqa: PLC0415

    rows = [("REFERRAL", "LEAD", "WHY")]
    for referral in list_due_recalls(start_session(arguments)):
        for lead, why in sorted(referral.leads.items()):
            if arguments.json:
                print(json.dumps({"referral": referral.referral.number, "lead": lead, "why": why}))
            rows.append((referral.referral.number, format_lead_number(lead), why))
    if len(rows) == 1:
        sys.stderr.write("every lead that was referred is still valid\n")
    elif not arguments.json:
        print("\n".join(format_columns(rows)))
    return 0
