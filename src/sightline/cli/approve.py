"""`sightline approve`: the second officer's part of an act that takes two."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli import asking, shown
from sightline.cli.desk import add_desk
from sightline.cli.verbs import Parsers, add_json, command
from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.casework.deciding import Decided, Question

DESCRIPTION = """\
Without an id: what waits for a second officer, and who can decide. With an id: approve exactly that, or refuse it. An
approval holds for two weeks and for one act. Whoever asked cannot decide; nor can whom the asker enrolled alone, where
there is anybody else.
"""

EXAMPLES = """\
  sightline approve
  sightline approve 01K5Z3 --why "key id compared with the agency by telephone"
      shows exactly what is asked, then asks y/N
  sightline approve 01K5Z3 --refuse --why "the letter does not name this key"
  sightline approve 01K5Z3 --yes --why "order 7/2026"
      for automation: shows it, and does not ask
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = command(
        commands, "approve", "see what waits for a second officer; approve or refuse it", EXAMPLES, DESCRIPTION
    )
    here.add_argument("approval", nargs="?", metavar="ID", help="what to decide about, or the end of its id")
    here.add_argument("--refuse", action="store_true", help="refuse it")
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger keeps")
    here.add_argument("--yes", action="store_true", help="do not ask y/N")
    add_json(here)
    add_desk(here)


def run(arguments: argparse.Namespace) -> int:
    """List what waits, or decide about one."""
    return _list(arguments) if arguments.approval is None else _decide(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from sightline.casework.deciding import questions  # noqa: PLC0415
    from sightline.cli.desk import desk_of  # noqa: PLC0415
    from sightline.cli.tables import as_json  # noqa: PLC0415

    if arguments.refuse or arguments.yes or arguments.why is not None:
        raise UsageError("what shall be decided?", hint="give its id: sightline approve lists what waits")
    waiting = questions(desk_of(arguments))
    for one in waiting:
        if arguments.json:
            more = {"asked_by_name": one.asked_by, "can_decide": list(one.can_decide), "is_mine": one.is_mine}
            print(as_json(one.approval, **more))
        else:
            print("\n".join(lines(one)))
    if not waiting:
        sys.stderr.write("nothing waits for a decision\n")
    return 0


def lines(one: Question) -> list[str]:
    """What exactly is asked, by whom and why; and who can decide."""
    from sightline.cli.tables import minute, sheet  # noqa: PLC0415

    asked = one.approval
    said = [("  why", asked.why), ("  asked by", one.asked_by), ("  until", minute(asked.expires_at_us))]
    who = ", ".join(one.can_decide) or "nobody yet: sightline officer add"
    mine = "you can decide" if one.is_mine else f"can decide: {who}"
    request = [(f"  {name}", _with(value, one.meanings.get(name))) for name, value in one.request.items()]
    return [f"{asked.approval_id}  {asked.action}", *sheet([*request, *said]), f"  {shown(mine)}"]


def _with(value: object, meaning: str | None) -> object:
    """A value of a request with what it stands for; an empty one is left out."""
    return f"{value}  ({meaning})" if meaning else value or None


def _decide(arguments: argparse.Namespace) -> int:
    from sightline.casework import deciding  # noqa: PLC0415
    from sightline.casework.declared import words  # noqa: PLC0415
    from sightline.cli.desk import desk_of  # noqa: PLC0415

    if arguments.why is None:
        raise UsageError("--why is missing", hint="say the reason of the decision: the ledger keeps it")
    why = words(arguments.why, "--why")
    desk = desk_of(arguments)
    approval_id = deciding.whole_id(desk, arguments.approval)
    question = deciding.question(desk, approval_id)
    if question is not None:
        sys.stderr.write("".join(f"{line}\n" for line in lines(question)))
        if not _agreed(arguments):
            sys.stderr.write("nothing was decided\n")
            return 0
    decided = deciding.decide(desk, approval_id, give=not arguments.refuse, why=why)
    _tell(decided, as_json=arguments.json)
    return 0


def _agreed(arguments: argparse.Namespace) -> bool:
    if arguments.yes:
        return True
    if not asking.is_terminal():
        raise UsageError("there is no terminal to ask for a yes", hint="--yes decides without asking")
    return asking.agreed("refuse this?" if arguments.refuse else "approve exactly this?")


def _tell(decided: Decided, *, as_json: bool) -> None:
    approval = decided.approval
    if as_json:
        said = {"approval_id": approval.approval_id, "action": approval.action, "state": approval.state.value}
        print(json.dumps(said | {"done": decided.done}))
        return
    print(f"{approval.approval_id}  {approval.action}: {'refused' if approval.state == 'refused' else 'approved'}")
    if decided.done:
        sys.stderr.write("done with it\n")
    elif approval.state == "given":
        sys.stderr.write(f"{shown(decided.asked_by)} can do it now, once, by running that command again\n")
