"""`sightline approve`: the second officer's part of an act that takes two."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli import prompts
from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sightline.casework.decisions import DecisionResult, Question

DESCRIPTION = """\
Without an id, list what waits for a second officer, and who can decide. With ids or --all, show exactly what is asked,
then approve or refuse all of it with one reason. An approval is valid for two weeks and for one act. The officer who
asked cannot decide. An officer that the asker enrolled alone cannot decide either, if there is anybody else.
"""

EXAMPLES = """\
  sightline approve
  sightline approve 01K5Z3 --why "key id compared with the agency by telephone"
      # shows exactly what is asked, then asks y/N
  sightline approve 01K5Z3 01K5Z4 --why "both orders read"
  sightline approve --all --action notice:records --why "orders and rows read"
      # everything of one kind that you may decide, shown first, with one question and one reason
  sightline approve 01K5Z3 --refuse --why "the letter does not name this key"
  sightline approve 01K5Z3 --yes --why "order 7/2026"
      # for automation: shows it, and does not ask
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(
        commands, "approve", "see what waits for a second officer; approve or refuse it", EXAMPLES, DESCRIPTION
    )
    here.add_argument("approvals", nargs="*", metavar="ID", help="its id, or the beginning or end of it")
    here.add_argument("--all", action="store_true", help="decide about everything that you may decide")
    here.add_argument("--action", metavar="ACTION", help="list, or with --all decide, only what asks for this action")
    here.add_argument("--refuse", action="store_true", help="refuse it")
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger keeps")
    here.add_argument("--yes", action="store_true", help="do not ask y/N")
    add_json(here)
    add_officer_options(here)


def run(arguments: argparse.Namespace) -> int:
    """List what waits, or decide about one."""
    if arguments.approvals and (arguments.all or arguments.action):
        raise UsageError(
            "ids and --all or --action exclude each other", hint="give ids, or choose with --all and --action"
        )
    return _decide(arguments) if arguments.approvals or arguments.all else _list_waiting(arguments)


def _list_waiting(arguments: argparse.Namespace) -> int:
    from sightline.casework.decisions import list_questions  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json  # noqa: PLC0415

    if arguments.refuse or arguments.yes or arguments.why is not None:
        raise UsageError("no approval was named", hint="give its id, or --all: sightline approve lists what waits")
    questions = _select_by_action(list_questions(start_session(arguments)), arguments.action)
    for question in questions:
        if arguments.json:
            more = {
                "asked_by_name": question.asked_by,
                "can_decide": list(question.can_decide),
                "is_mine": question.is_mine,
            }
            print(as_json(question.approval, **more))
        else:
            print("\n".join(format_request(question)))
    if not questions:
        sys.stderr.write("nothing waits for a decision\n")
    return 0


def format_request(question: Question) -> list[str]:
    """Return the lines that show one request: what is asked, who asks, the reason, and who can decide."""
    from sightline.cli.table_output import format_fields, format_minute  # noqa: PLC0415

    approval = question.approval
    facts = [
        ("  why", approval.why),
        ("  asked by", question.asked_by),
        ("  until", format_minute(approval.expires_at_us)),
    ]
    who = ", ".join(question.can_decide) or "nobody yet: sightline officers add"
    who_decides = "you can decide" if question.is_mine else f"can decide: {who}"
    request = [
        (f"  {name}", _format_with_meaning(value, question.meanings.get(name)))
        for name, value in question.request.items()
    ]
    return [
        f"{approval.approval_id}  {approval.action}",
        *format_fields([*request, *facts]),
        *_list_parts(question.request.values()),
        f"  {escape_text(who_decides)}",
    ]


def _list_parts(values: Iterable[object]) -> Iterator[str]:
    """The things of a list in a request, such as the files of a log, each on a line of its own."""
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    for value in values:
        if isinstance(value, list):
            names = sorted(value[0], key=lambda name: (name != "name", name))
            rows = [[_format_number(item[name]) for name in names] for item in value]
            yield from format_columns([f"    {row[0]}", *row[1:]] for row in [names, *rows])


def _format_number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _format_with_meaning(value: object, meaning: str | None) -> object:
    """A value of a request with what it stands for; an empty one is left out, and of a list the number stands."""
    if isinstance(value, list):
        return f"{len(value):,}, each as below"
    return f"{value}  ({meaning})" if meaning else value or None


def _select_by_action(questions: Sequence[Question], action: str | None) -> list[Question]:
    return [question for question in questions if action in {None, question.approval.action}]


def _decide(arguments: argparse.Namespace) -> int:
    from sightline.casework import decisions  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    if arguments.why is None:
        raise UsageError("--why is missing", hint="give the reason of the decision: the ledger stores it")
    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    if arguments.all:
        questions = _select_by_action(decisions.list_questions(officer_session), arguments.action)
        chosen = [question.approval.approval_id for question in questions if question.is_mine]
        if not chosen:
            sys.stderr.write("nothing waits that you may decide\n")
            return 0
    else:
        chosen = list(dict.fromkeys(decisions.find_whole_id(officer_session, text) for text in arguments.approvals))
    shown_ones = [
        question
        for question in (decisions.find_question(officer_session, approval_id) for approval_id in chosen)
        if question is not None
    ]
    sys.stderr.write("".join(f"{line}\n" for question in shown_ones for line in format_request(question)))
    if shown_ones and not _has_agreed(arguments, len(chosen)):
        sys.stderr.write("nothing was decided\n")
        return 0
    for approval_id in chosen:
        _print_decision(
            decisions.decide(officer_session, approval_id, give=not arguments.refuse, why=why), as_json=arguments.json
        )
    return 0


def _has_agreed(arguments: argparse.Namespace, count: int) -> bool:
    if arguments.yes:
        return True
    if not prompts.is_terminal():
        raise UsageError("there is no terminal to ask for confirmation", hint="--yes decides without asking")
    what = "this" if count == 1 else f"these {count:,}"
    return prompts.ask_consent(f"refuse {what}?" if arguments.refuse else f"approve exactly {what}?")


def _print_decision(decided: DecisionResult, *, as_json: bool) -> None:
    approval = decided.approval
    if as_json:
        decision = {"approval_id": approval.approval_id, "action": approval.action, "state": approval.state.value}
        print(json.dumps(decision | {"done": decided.done}))
        return
    print(f"{approval.approval_id}  {approval.action}: {'refused' if approval.state == 'refused' else 'approved'}")
    if decided.done:
        sys.stderr.write("done with it\n")
    elif approval.state == "given":
        sys.stderr.write(f"{escape_text(decided.asked_by)} can do it now, once, by running that command again\n")
