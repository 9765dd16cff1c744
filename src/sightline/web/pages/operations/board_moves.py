"""The board of an operation: its cards, and the moves that an officer makes by hand.

A lead is in the stage that its notices and replies give it. By hand it is only assigned or closed.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.leads import lead_work
from sightline.casework.permissions.access import Action
from sightline.model import CloseReason, LeadStatus
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.operations.board import Board
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import list_workers
from sightline.web.pages.operations.router import Text, router
from sightline.web.responses import Redirect

Leads = Annotated[list[str] | None, Form(max_length=500)]
"""The ids of ticked leads."""
MOST_CARDS = 12
"""Number of leads of a stage on the board, the most serious first. A link leads to the others."""
WHOLE_STAGE = 500
"""Maximum number of leads of the stage that is shown whole. The others are counted."""
DROPS = {LeadStatus.ASSIGNED: "assign", LeadStatus.CLOSED: "close"}
"""The stages into which a card is moved by hand, and the act that moves it."""


def build_board_facts(context: RequestContext, stands: Board) -> dict[str, Any]:
    """Return the stages with their cards, the acts that move cards, and what their forms offer."""
    is_open = stands.operation.closed_at_us is None
    may = {
        "assign": is_open and context.may(Action.LEAD_ASSIGN),
        "close": is_open and context.may(Action.LEAD_CLOSE),
    }
    return {
        "cards": _list_stage_cards(context, stands),
        "whole": context.request.query_params.get("stage", ""),
        "drops": {stage: act for stage, act in DROPS.items() if may[act]},
        "may_move": may,
        "people": list_workers(context),
        "close_reasons": [close_reason for close_reason in CloseReason if close_reason is not CloseReason.OUTCOME],
    }


def _list_stage_cards(context: RequestContext, stands: Board) -> list[tuple[LeadStatus, int, list[dict[str, Any]]]]:
    """Return each stage with its number of leads, and the most serious of them: place, ISP and officer."""
    view, whole = context.leads, context.request.query_params.get("stage")
    names = {worker.officer_id: worker.name for worker in list_workers(context)}

    def list_cards(stage: LeadStatus) -> list[dict[str, Any]]:
        rows = {str(row["lead_id"]): row for row in stands.members.filter(status=stage.value).iter_rows(named=True)}
        most = WHOLE_STAGE if stage.value == whole else MOST_CARDS
        return [
            rows[brief.lead_id] | {"brief": brief, "officer": names.get(rows[brief.lead_id]["officer_id"] or "", "")}
            for brief in view.select_most_serious(rows, most)
        ]

    return [(stage, count, list_cards(stage)) for stage, count in stands.stages.items()]


@router.act("/operations/{operation_id}/assign", Action.LEAD_ASSIGN, "operation:{operation_id}")
def assign_cards(context: RequestContext, operation_id: str, to: Text, why: Text, lead: Leads = None) -> Redirect:
    """Assign the lead of a card, or several leads that are new, to an officer."""
    if not lead:
        return Redirect(f"/operations/{operation_id}#board", "none_ticked")
    selected_leads = select_leads_by_ids(context.leads.read, sorted(set(lead)))
    batch = lead_work.assign_leads(
        context.officer_session, selected_leads, to, require_reason(why, context.says("all.why"))
    )
    undo = f"/leads/undo/{batch.batch_id}"
    return Redirect(f"/operations/{operation_id}#board", "cards_assigned", {"n": batch.leads}, undo=undo)


@router.act("/operations/{operation_id}/close-lead", Action.LEAD_CLOSE, "operation:{operation_id}")
def close_card(
    context: RequestContext,
    operation_id: str,
    lead: Text,
    reason: Annotated[CloseReason, Form()],
    why: Text,
    danger_over: Annotated[bool, Form()] = False,
) -> Redirect:
    """Close the lead of a card; a marked one only if the officer says that the danger is over."""
    selected_leads = select_leads_by_ids(context.leads.read, [lead])
    close_reason = require_reason(why, context.says("all.why"))
    batch = lead_work.close_leads(
        context.officer_session, selected_leads, reason, close_reason, danger_over=danger_over
    )
    return Redirect(f"/operations/{operation_id}#board", "card_closed", undo=f"/leads/undo/{batch.batch_id}")
