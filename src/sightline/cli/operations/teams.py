"""`sightline operations add-team`, `list-teams`, `remove-team`: who leads each team, where and when it meets."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json, add_why
from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.storage.rows import OperationTeam

ADD = """\
  sightline operations add-team "P-Hunt 7" Alpha --leader "S. Rao" --strength 4 --venue "police station, Aluva" \\
      --state IN-KL --district Ernakulam --begins-at 2026-06-05T05:30+05:30 --task "two lines of one street"
  sightline operations add-team "P-Hunt 7" Alpha --change K7Q2PA --leader "S. Rao" --strength 5 --venue "the court" \\
      --state IN-KL --begins-at 2026-06-05T06:00+05:30 --task "two lines of one street"
"""
ABOUT = """\
Plan a team of an operation: its leader, how many people it has, where and when it meets, and its task. It names no
person who is looked for. --change replaces the plan of a team that is there.
"""
LIST = '  sightline operations list-teams "P-Hunt 7"\n'
REMOVE = '  sightline operations remove-team "P-Hunt 7" K7Q2PA --why "it was merged with Beta"\n'
OPERATION = "its name, its id, or the end of it"


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    here = add_command(verbs, "add-team", "add a team to the plan of an operation, or change one", ADD, ABOUT)
    here.add_argument("operation", metavar="OPERATION", help=OPERATION)
    here.add_argument("name", metavar="NAME", help="the name of the team")
    here.add_argument("--leader", required=True, metavar="OFFICER", help="the officer who leads it, by name or id")
    here.add_argument("--strength", required=True, type=int, metavar="N", help="how many people, with the leader")
    here.add_argument("--venue", required=True, metavar="TEXT", help="where it meets")
    here.add_argument("--state", required=True, metavar="CODE", help="ISO 3166-2, as IN-KL, or a state by name")
    here.add_argument("--district", metavar="NAME", help="the district")
    here.add_argument("--begins-at", required=True, metavar="TIME", help="when it meets, as 2026-06-05T05:30+05:30")
    here.add_argument("--ends-at", metavar="TIME", help="when its work ends")
    here.add_argument("--task", required=True, metavar="TEXT", help="what it is for; no name, no number")
    here.add_argument("--change", metavar="TEAM", help="the id, or its end, of the team that this replaces")
    listing = add_command(verbs, "list-teams", "list the teams of an operation by time", LIST)
    listing.add_argument("operation", metavar="OPERATION", help=OPERATION)
    add_json(listing)
    over = add_command(verbs, "remove-team", "remove a team from the plan; the ledger keeps it", REMOVE)
    over.add_argument("operation", metavar="OPERATION", help=OPERATION)
    over.add_argument("team", metavar="TEAM", help="its id, or the end of it")
    add_why(over)


def run(arguments: argparse.Namespace) -> int:
    """Plan a team, list teams, or remove one."""
    if arguments.verb == "list-teams":
        return _list_teams(arguments)
    return _set_team(arguments) if arguments.verb == "add-team" else _remove(arguments)


def _set_team(arguments: argparse.Namespace) -> int:
    from sightline.casework.leads.lead_work import find_worker  # noqa: PLC0415
    from sightline.casework.operations import operation_teams, operations  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.workspace.read() as tables:
        operation = operations.find_operation(tables, arguments.operation)
        leader = find_worker(tables, arguments.leader)
        teams = operation_teams.list_teams(tables, operation.operation_id)
    form = operation_teams.TeamForm(
        arguments.name,
        leader.officer_id,
        arguments.strength,
        arguments.venue,
        arguments.state,
        _parse_instant(arguments.begins_at, "--begins-at"),
        arguments.task,
        arguments.district,
        None if arguments.ends_at is None else _parse_instant(arguments.ends_at, "--ends-at"),
    )
    before = None if arguments.change is None else _find_team(teams, arguments.change).team_id
    team = operation_teams.set_team(officer_session, operation.operation_id, form, before)
    print(f"team {team.team_id[-6:]}: {escape_text(team.name)}, {team.strength}, {escape_text(leader.name)}")
    return 0


def _list_teams(arguments: argparse.Namespace) -> int:
    from sightline.casework.operations import operation_teams, operations  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.casework.permissions.roster import list_names  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.instants import to_instant  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.OPERATION_VIEW, "operation:teams", JournalVerb.VIEW_OPERATIONS) as tables:
        operation = operations.find_operation(tables, arguments.operation)
        result, called = operation_teams.list_teams(tables, operation.operation_id), list_names(tables)
    if arguments.json:
        sys.stdout.write("".join(f"{as_json(team)}\n" for team in result))
        return 0
    rows = [("TEAM", "NAME", "LEADER", "PEOPLE", "MEETS AT", "VENUE", "PLACE", "TASK")]
    rows += [
        (
            team.team_id[-6:],
            team.name,
            called.get(team.leader, team.leader),
            f"{team.strength:,}",
            f"{to_instant(team.begins_at_us):%Y-%m-%d %H:%M} UTC",
            team.venue,
            f"{team.district}, {team.state}" if team.district else team.state,
            team.task,
        )
        for team in result
    ]
    print("\n".join(format_columns(rows)))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.operations import operation_teams, operations  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.workspace.read() as tables:
        operation = operations.find_operation(tables, arguments.operation)
        team = _find_team(operation_teams.list_teams(tables, operation.operation_id), arguments.team)
    reason = require_reason(arguments.why, "--why")
    over = operation_teams.drop_team(officer_session, operation.operation_id, team.team_id, reason)
    print(f"team {over.team_id[-6:]}: {escape_text(over.name)} is no longer in the plan")
    return 0


def _find_team(teams: list[OperationTeam], text: str) -> OperationTeam:
    """Return the team with that id, or end of an id. Raises UsageError."""
    from sightline.casework.operations.operation_teams import find_team  # noqa: PLC0415
    from sightline.model.short_ids import is_short_for  # noqa: PLC0415

    result = [team.team_id for team in teams if is_short_for(text, team.team_id)]
    return find_team(teams, result[0] if len(result) == 1 else text)


def _parse_instant(text: str, what: str) -> datetime:
    """Return the instant of an option. Raises UsageError for one without a zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise UsageError(f"{what}: {text[:40]} is not a time with a zone", hint="as 2026-06-05T05:30+05:30")
    return time.astimezone(UTC)
