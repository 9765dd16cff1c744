"""Routes of operations: a named drive, its board, its events, and how often its leads were right."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Form

from sightline.casework.input_checks import require_day, require_reason
from sightline.casework.operations import operations
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import OperationEventKind
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.operations.board import Board, build_board
from sightline.services.operations.report import export_report
from sightline.stages.report import tiles
from sightline.stages.report.place_table import PlaceKind
from sightline.storage.rows import Operation
from sightline.web import charts
from sightline.web.context import RequestContext
from sightline.web.pages.operations import board_moves, picker, plan
from sightline.web.pages.operations.board_moves import build_board_facts
from sightline.web.pages.operations.plan import build_team_facts
from sightline.web.pages.operations.router import Text, router
from sightline.web.responses import File, Page, Redirect

__all__ = ["board_moves", "picker", "plan", "router"]


@router.show("/operations", Action.OPERATION_VIEW, JournalVerb.VIEW_OPERATIONS, "operation:all")
def show_list(context: RequestContext) -> Page:
    """Show all operations, newest first."""
    with context.read() as tables:
        result = sorted(
            tables[Operation].select(), key=lambda operation: (operation.begun_on, operation.operation_id), reverse=True
        )
    today = format_day_in_india(to_microseconds(context.officer_session.clock()))
    return Page("listing.html", {"found": result, "may_run": context.may(Action.OPERATION_RUN), "today": today})


@router.act("/operations", Action.OPERATION_RUN, "operation:new")
def begin_operation(context: RequestContext, name: Text, begun_on: Text, why: Text) -> Redirect:
    """Begin an operation."""
    operation = operations.begin(
        context.officer_session,
        name,
        require_day(begun_on, context.says("begun_on")),
        require_reason(why, context.says("all.why")),
    )
    return Redirect(f"/operations/{operation.operation_id}", "begun")


@router.show(
    "/operations/{operation_id}", Action.OPERATION_VIEW, JournalVerb.VIEW_OPERATIONS, "operation:{operation_id}"
)
def show_operation(context: RequestContext, operation_id: str) -> Page:
    """Show the board of one: leads by stage, events, outcomes, measured precision, and places."""
    try:
        read = context.leads.read
    except UsageError:
        with context.read() as tables:
            return Page("waiting.html", {"operation": operations.find_operation(tables, operation_id)})
    stands = build_board(context.officer_session.workspace, read, operation_id)
    facts = {
        "stands": stands,
        **build_board_facts(context, stands),
        **build_team_facts(context, operation_id),
        "kinds": list(OperationEventKind),
        "today": format_day_in_india(to_microseconds(context.officer_session.clock())),
        "states": tiles.load_country().tiles,
        "by_state": _build_state_chart(context, stands),
        "outcomes": _build_outcome_chart(context, stands),
        "rates": list(stands.precision.iter_rows(named=True)),
        "may_run": (may := context.may(Action.OPERATION_RUN)) and stands.operation.closed_at_us is None,
        "may_withdraw": may,
        "may_record": context.may(Action.OUTCOME_RECORD),
    }
    return Page("showing.html", facts)


def _build_state_chart(context: RequestContext, stands: Board) -> charts.Chart:
    """Return a chart of the operation's leads by state. Leads without a state have bars of their own."""
    t, shared = context.says, context.says_of("all")
    marks = [
        charts.ChartRow(((place_row.key, place_row.key), (place_row.name, None), charts.format_count(place_row.leads)))
        for place_row in stands.totals.states
        if place_row.leads
    ]
    marks += [
        charts.ChartRow(
            (("", ""), (shared(f"place_kind.{kind}"), None), charts.format_count(stands.totals.get_row(kind).leads)),
            state="undetermined" if kind is PlaceKind.UNDETERMINED else None,
        )
        for kind in PlaceKind
        if kind is PlaceKind.UNDETERMINED or (kind is not PlaceKind.STATE and stands.totals.get_row(kind).leads)
    ]
    return charts.Chart("states", "by-state", (t("code"), t("state"), t("leads")), tuple(marks), link_cell=1)


def _build_outcome_chart(context: RequestContext, stands: Board) -> charts.Chart:
    """Return a chart of outcomes by kind."""
    shared = context.says_of("all")
    marks = (
        charts.ChartRow(((shared(f"outcome.{kind}"), None), charts.format_count(count)))
        for kind, count in stands.outcome_counts.items()
    )
    return charts.Chart("bars", "outcomes", (context.says("outcome"), context.says("leads")), tuple(marks))


@router.act("/operations/{operation_id}/leads", Action.OPERATION_RUN, "operation:{operation_id}")
def move_leads(
    context: RequestContext,
    operation_id: str,
    why: Text,
    leads: Text = "",
    lead: Annotated[list[str], Form(max_length=500)] = [],  # noqa: B006  - FastAPI copies it
    is_out: Annotated[bool, Form()] = False,
    q: Text = "",
    everything: Annotated[bool, Form()] = False,
) -> Redirect:
    """Add leads to it, or remove them: the ticked ones, those whose ids are written, or `everything` of a query."""
    wanted = [*lead, *leads.replace(",", " ").split()]
    if everything:
        wanted = picker.list_found(context, operation_id, q)
    if not wanted:
        raise UsageError(context.says("no_leads"))
    selected_leads = select_leads_by_ids(context.leads.read, wanted)
    batch = (operations.take_out if is_out else operations.add_leads)(
        context.officer_session, operation_id, selected_leads, require_reason(why, context.says("all.why"))
    )
    return Redirect(f"/operations/{operation_id}", "taken_out" if is_out else "added", {"n": batch.leads})


@router.act("/operations/{operation_id}/events", Action.OPERATION_RUN, "operation:{operation_id}")
def record_event(
    context: RequestContext,
    operation_id: str,
    kind: Annotated[OperationEventKind, Form()],
    happened_on: Text,
    state: Text,
    count: Annotated[int, Form()],
    why: Text,
    district: Text = "",
) -> Redirect:
    """Record a search, seizure, arrest, charge or release, as a count without names."""
    form = operations.EventForm(
        kind,
        require_day(happened_on, context.says("on")),
        state,
        require_reason(why, context.says("all.why")),
        count,
        district or None,
    )
    operations.record_event(context.officer_session, operation_id, form)
    return Redirect(f"/operations/{operation_id}", "recorded")


@router.act("/operations/{operation_id}/events/{event_id}/withdraw", Action.OPERATION_RUN, "operation-event:{event_id}")
def withdraw_event(context: RequestContext, operation_id: str, event_id: str, why: Text) -> Redirect:
    """Withdraw an event, also of a closed operation."""
    operations.withdraw_event(
        context.officer_session, event_id, require_reason(why, context.says("all.why")), operation_id
    )
    return Redirect(f"/operations/{operation_id}#happened", "all.finding.withdrawn")


@router.act("/operations/{operation_id}/close", Action.OPERATION_RUN, "operation:{operation_id}")
def close_operation(context: RequestContext, operation_id: str, why: Text) -> Redirect:
    """Close the operation."""
    operations.close(context.officer_session, operation_id, require_reason(why, context.says("all.why")))
    return Redirect(f"/operations/{operation_id}", "closed")


@router.act("/operations/{operation_id}/report", Action.OPERATION_RUN, "operation:{operation_id}")
def download_report(
    context: RequestContext, operation_id: str, language: Annotated[Language, Form()] = Language.ENGLISH
) -> File:
    """Return the report as PDF/A. The ledger records its digest."""
    pdf, _ = export_report(context.officer_session, operation_id, language)
    return File(f"operation-{hashlib.sha256(pdf).hexdigest()[:12]}.pdf", "application/pdf", pdf)
