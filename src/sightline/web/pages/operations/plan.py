"""The plan of an operation: its teams, and the leads of each team's leader, on a page that can be printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.operations import operation_teams, operations
from sightline.casework.operations.operation_teams import TeamForm
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.lead_status.status import derive_statuses, select_statuses
from sightline.services.operations.board import build_board
from sightline.stages.report.printable import IST
from sightline.storage.rows import OperationTeam
from sightline.web.context import RequestContext
from sightline.web.pages.operations.router import Text, router
from sightline.web.responses import Page, Redirect

THING = "operation:{operation_id}"


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team, the name of its leader, and the leads that the leader has in the operation."""

    team: OperationTeam
    leader: str
    leads: tuple[Brief, ...]


@router.show("/operations/{operation_id}/plan", Action.OPERATION_VIEW, JournalVerb.VIEW_OPERATIONS, THING)
def show_plan(context: RequestContext, operation_id: str) -> Page:
    """Show the plan: teams by time, each with its leads, and the leads that no team has."""
    stands = build_board(context.officer_session.workspace, context.leads.read, operation_id)
    by_officer = _group_leads_by_officer(context, [str(member) for member in stands.members["lead_id"]])
    with context.read() as tables:
        called = list_names(tables)
        teams = operation_teams.list_teams(tables, stands.operation.operation_id)
    views = [TeamView(team, called.get(team.leader, ""), tuple(by_officer.get(team.leader, ()))) for team in teams]
    leaders = {team.leader for team in teams}
    rest = [lead for officer, leads in by_officer.items() if officer not in leaders for lead in leads]
    people = sum(team.strength for team in teams)
    officer, printed_us = context.officer_session.officer, to_microseconds(context.officer_session.clock())
    facts = {"operation": stands.operation, "teams": views, "rest": rest, "people": people, "prints": True}
    return Page("plan.html", facts | {"officer": officer, "printed_us": printed_us})


@router.act("/operations/{operation_id}/teams", Action.OPERATION_RUN, THING)
def set_team(
    context: RequestContext,
    operation_id: str,
    name: Text,
    leader: Text,
    strength: Annotated[int, Form()],
    venue: Text,
    state: Text,
    begins_at: Text,
    task: Text,
    district: Text = "",
    ends_at: Text = "",
    team: Text = "",
) -> Redirect:
    """Add a team, or change one."""
    form = TeamForm(
        name,
        leader,
        strength,
        venue,
        state,
        _parse_instant(context, begins_at),
        task,
        district.strip() or None,
        _parse_instant(context, ends_at) if ends_at.strip() else None,
    )
    operation_teams.set_team(context.officer_session, operation_id, form, team or None)
    return Redirect(f"/operations/{operation_id}#teams", "team.set")


@router.act("/operations/{operation_id}/teams/{team_id}/drop", Action.OPERATION_RUN, THING)
def drop_team(context: RequestContext, operation_id: str, team_id: str, why: Text) -> Redirect:
    """Drop a team from the plan."""
    reason = require_reason(why, context.says("all.why"))
    operation_teams.drop_team(context.officer_session, operation_id, team_id, reason)
    return Redirect(f"/operations/{operation_id}#teams", "team.dropped")


def build_team_facts(context: RequestContext, operation_id: str) -> dict[str, Any]:
    """Return the teams of an operation and the names of officers, for its page."""
    with context.read() as tables:
        operation = operations.find_operation(tables, operation_id)
        return {"teams": operation_teams.list_teams(tables, operation.operation_id), "names": list_names(tables)}


def _group_leads_by_officer(context: RequestContext, lead_ids: list[str]) -> dict[str, list[Brief]]:
    """Return the leads by the id of their officer; an empty id for those of nobody."""
    view = context.leads
    known = select_statuses(
        derive_statuses(context.officer_session.workspace, view.read, context.live_session.as_of), lead_ids
    )
    result: dict[str, list[Brief]] = {}
    for lead in _sort_serious_first(view.build_briefs(lead_ids)):
        officer = str((known.get(lead.lead_id) or {}).get("officer_id") or "")
        result.setdefault(officer, []).append(lead)
    return result


def _sort_serious_first(leads: Iterable[Brief]) -> list[Brief]:
    return sorted(leads, key=lambda brief: (brief.priority != "urgent", brief.priority != "high", brief.lead_id))


def _parse_instant(context: RequestContext, text: str) -> datetime:
    """Return the instant of a field of date and time, which is in India. Raises UsageError."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        time = None
    if time is None or time.tzinfo is not None:
        raise UsageError(f"{context.says('team.begins')}: {text[:40]} is not a time", hint="as 2026-06-05T06:30")
    return time.replace(tzinfo=IST)
