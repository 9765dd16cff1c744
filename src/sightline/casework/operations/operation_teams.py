"""Teams of an operation: who leads each, where and when it meets, and its task. Nobody who is looked for is named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sightline.casework.input_checks import name_thing, require_visible, require_words
from sightline.casework.operations.operations import find_state, open_operation, require_unnamed
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import is_on_duty
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.storage.rows import OperationTeam
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

MOST_PEOPLE = 1_000
"""Maximum number of people in a team. More is a typing error."""
LONGEST = timedelta(days=60)
"""Maximum time from the first meeting of a team to its end."""


@dataclass(frozen=True, slots=True)
class TeamForm:
    """A team as an officer plans it. `leader`: the id of an officer on duty; `strength`: people, with the leader."""

    name: str
    leader: str
    strength: int
    venue: str
    state: str
    begins_at: datetime
    task: str
    district: str | None = None
    ends_at: datetime | None = None


def set_team(
    officer_session: OfficerSession, operation_id: str, form: TeamForm, team_id: str | None = None
) -> OperationTeam:
    """Add a team, or change the one with that id. Raises UsageError, NotAllowed."""
    texts = [_check_text(text, what) for text, what in ((form.name, "the name"), (form.venue, "the venue"))]
    task = _check_text(form.task, "the task")
    district = _check_text(form.district, "the district") if form.district else None
    _require_times(form)
    with officer_session.change(Action.OPERATION_RUN, name_thing("operation", operation_id)) as change:
        operation = open_operation(change.tables, operation_id)
        operation_teams = list_teams(change.tables, operation.operation_id)
        before = None if team_id is None else find_team(operation_teams, team_id)
        if any(team.name.casefold() == texts[0].casefold() for team in operation_teams if team != before):
            raise UsageError(f"there is a team {texts[0]} already", hint="choose another name")
        if not is_on_duty(change.tables, form.leader):
            raise UsageError("the leader is not an officer on duty", hint="choose another officer")
        operation_team = OperationTeam(
            make_id(change.now) if before is None else before.team_id,
            operation.operation_id,
            texts[0],
            form.leader,
            form.strength,
            texts[1],
            find_state(form.state),
            district,
            to_microseconds(form.begins_at),
            None if form.ends_at is None else to_microseconds(form.ends_at),
            task,
            change.now_us,
            officer_session.officer.officer_id,
        )
        if before is None:
            change.add(Verb.OPERATION_PLANNED, operation_team, operation=operation.operation_id)
        else:
            change.put(Verb.OPERATION_PLANNED, operation_team, operation=operation.operation_id)
    return operation_team


def drop_team(officer_session: OfficerSession, operation_id: str, team_id: str, why: str) -> OperationTeam:
    """Drop a team from the plan. The ledger keeps it. Raises UsageError, NotAllowed."""
    because = _check_text(why, "the reason")
    with officer_session.change(Action.OPERATION_RUN, name_thing("operation", operation_id)) as change:
        operation = open_operation(change.tables, operation_id)
        operation_team = find_team(list_teams(change.tables, operation.operation_id), team_id)
        over = replace(operation_team, dropped_at_us=change.now_us, dropped_why=because)
        change.put(Verb.OPERATION_PLANNED, over, why=because, operation=operation.operation_id)
    return over


def list_teams(tables: Tables, operation_id: str) -> list[OperationTeam]:
    """Return the teams of an operation that were not dropped, by the time at which they meet."""
    operation_teams = tables[OperationTeam].select(operation_id=operation_id, dropped_at_us=None)
    return sorted(operation_teams, key=lambda team: (team.begins_at_us, team.name))


def find_team(teams: list[OperationTeam], team_id: str) -> OperationTeam:
    """Return the team with that id. Raises UsageError."""
    operation_team = next((team for team in teams if team.team_id == team_id), None)
    if operation_team is None:
        raise UsageError("there is no such team in this operation", hint="reload the page")
    return operation_team


def _check_text(text: str, what: str) -> str:
    bare = require_words(text, what)
    require_visible(bare, what)
    return require_unnamed(bare)


def _require_times(form: TeamForm) -> None:
    if not 1 <= form.strength <= MOST_PEOPLE:
        raise UsageError(f"a team of {form.strength}", hint=f"from 1 to {MOST_PEOPLE:,}")
    if form.ends_at is not None and not form.begins_at < form.ends_at <= form.begins_at + LONGEST:
        raise UsageError("the team ends before it begins, or more than 60 days later", hint="correct the times")
