"""`sightline notices follow-up`: draft the second request, for the subscribers of the numbers that replies named."""

from __future__ import annotations

import argparse
import json
import sys

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.errors import UsageError

EXAMPLES = """\
  sightline resolve  # first: what the replies say
  sightline notices follow-up 7QX2  # who the numbers are that the replies to this notice named
  sightline notices follow-up --case "FIR 12/2026"  # of all notices of the case that were answered
  sightline notices follow-up 7QX2 --operator "Example Hotels"  # the line named is an operator's: ask the operator
"""
ABOUT = """\
Draft the notice for subscribers that follows an answered notice for records. It asks for the installation address or
application form of each number that a session names as its only line, and that was not asked about yet. It never asks
about candidates. The superintendent approves it.
With --operator, draft a notice for records to the operator whose line the answers name, about the same visits. The
operator must be set as a licensee; the second officer of a notice for records approves it.
"""
NOBODY = "nobody to ask about: every subscriber that its sessions name was asked about already\n"
NO_OPERATOR = "nothing to ask: no answer names an operator's line, lacks no more than that, and was not asked on yet\n"


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "follow-up", "ask who the numbers of the replies are", EXAMPLES, ABOUT)
    here.add_argument(
        "notice", nargs="?", metavar="NOTICE", help="the notice for records: its number, or a part of its id"
    )
    here.add_argument("--case", metavar="NUMBER", help="all answered notices of a case")
    here.add_argument("--operator", metavar="NAME", help="ask this ISP, whose line the answers name")
    here.add_argument("--why", default="the subscribers of the numbers named", help="what the second officer reads")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """Draft what follows."""
    from sightline.casework.cases.cases import find_case  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.notices.notices import find_notice  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.model import NoticeKind  # noqa: PLC0415
    from sightline.services.notices.notice_steps import follow_up_notice  # noqa: PLC0415
    from sightline.services.notices.operator_notices import ask_operator  # noqa: PLC0415
    from sightline.storage.rows import Notice  # noqa: PLC0415

    if (arguments.notice is None) == (arguments.case is None):
        raise UsageError("no notice was named", hint="name a notice, or use --case NUMBER")
    officer_session, why = start_session(arguments), require_reason(arguments.why, "--why")
    operator = arguments.operator
    with officer_session.workspace.read() as tables:
        if arguments.notice is not None:
            notices = [find_notice(tables, arguments.notice)]
        else:
            case = find_case(tables, arguments.case)
            notices = tables[Notice].select(case_id=case.case_id, kind=NoticeKind.RECORDS.value)
    drafted = 0
    for original in notices:
        notice = (
            follow_up_notice(officer_session, original, why)
            if operator is None
            else ask_operator(officer_session, original, operator, why)
        )
        if notice is None:
            if arguments.notice is not None:
                sys.stderr.write(NOBODY if operator is None else NO_OPERATOR)
            continue
        drafted += 1
        if arguments.json:
            facts = {"notice_id": notice.notice_id, "number": notice.number, "approval_id": notice.approval_id}
            sys.stdout.write(json.dumps(facts | {"rows": notice.asks, "follows": original.number}) + "\n")
        else:
            what = "numbers" if operator is None else "rows"
            print(f"{notice.notice_id[-6:]}  {notice.number}: {notice.asks:,} {what}, following {original.number}")
    if drafted:
        second = "the superintendent" if operator is None else "its second officer"
        sys.stderr.write(f"each waits for {second}: sightline approve\n")
    return 0
