"""Acts on the leads that were ticked: refer, add to an operation, undo; and the columns of their table."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote, urlencode

from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.leads import reversals
from sightline.casework.operations import operations
from sightline.casework.permissions.access import Action
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.storage.rows import Operation
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import list_seen_ids
from sightline.web.pages.leads.router import router
from sightline.web.responses import Redirect

Text = Annotated[str, Form(max_length=2000)]
Ids = Annotated[list[str] | None, Form(max_length=500)]
COLUMNS = ("strongest", "place", "network", "ceiling", "status", "visits", "seen", "keep")
"""The columns of the table that an officer can leave out. The number of a lead is always there."""
USUAL = tuple(column for column in COLUMNS if column != "seen")
"""The columns of an officer who chose none: what fits in one row at 1440 px."""
COMPACT = "compact"
COOKIE = "lead_columns"


def read_chosen_columns(context: RequestContext) -> tuple[tuple[str, ...], bool]:
    """Return the columns that the officer chose, and whether rows are compact."""
    chosen = context.request.cookies.get(COOKIE)
    if chosen is None:
        return USUAL, False
    names = unquote(chosen).split()
    return tuple(column for column in COLUMNS if column in names), COMPACT in names


@router.act("/leads/columns", Action.LEADS_VIEW, "leads:all")
def save_column_choice(
    context: RequestContext, column: Ids = None, compact: Annotated[bool, Form()] = False, query: Text = ""
) -> Redirect:
    """Remember the columns of the table in this browser."""
    del context
    names = [known for known in COLUMNS if known in (column or [])] + ([COMPACT] if compact else [])
    return Redirect(f"/leads?{query}" if query else "/leads", cookie=(COOKIE, " ".join(names)))


@router.act("/leads/refer", Action.REFERRAL, "referral:new")
def show_referral_plan(context: RequestContext, lead: Ids = None) -> Redirect:
    """Show what of the ticked leads would be referred."""
    if not lead:
        return Redirect("/leads", "none_ticked")
    ids = [context.leads.find_lead(one)["lead_id"] for one in lead]
    return Redirect("/referrals/new?" + urlencode([("lead", id_) for id_ in ids]))


@router.act("/leads/operation", Action.OPERATION_RUN, "operation:chosen")
def add_to_operation(
    context: RequestContext,
    operation: Text,
    why: Text,
    lead: Ids = None,
    query: Text = "",
    whole: Annotated[int | None, Form()] = None,
) -> Redirect:
    """Add the ticked leads to an operation, or all leads of a filter."""
    ids = list_seen_ids(context, context.leads, query, whole) if whole is not None else lead
    if not ids:
        return Redirect("/leads", "none_ticked")
    selected_leads = select_leads_by_ids(context.leads.read, ids)
    reason = require_reason(why, context.says("all.why"))
    batch = operations.add_leads(context.officer_session, operation, selected_leads, reason)
    return Redirect(f"/operations/{batch.operation_id}", "added", {"n": batch.leads})


@router.act("/leads/undo/{batch_id}", Action.LEAD_ASSIGN, "lead-batch:{batch_id}")
def undo_batch(context: RequestContext, batch_id: str) -> Redirect:
    """Undo an assignment or a closing of the last hour."""
    return Redirect("/leads", "undone", {"n": reversals.undo(context.officer_session, batch_id)})


def open_operations(context: RequestContext) -> list[Operation]:
    """Return the operations that leads can be added to, newest first."""
    if not context.may(Action.OPERATION_RUN):
        return []
    with context.read() as tables:
        result = tables[Operation].select(closed_at_us=None)
    return sorted(result, key=lambda operation: (operation.begun_on, operation.operation_id), reverse=True)
