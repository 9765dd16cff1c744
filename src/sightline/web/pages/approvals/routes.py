"""Routes of approvals: acts of two officers that wait, the thing itself, and the decision, on one or on many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Form, Query

from sightline.casework import decisions
from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, SightlineError, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.pages.approvals.approval_view import (
    WaitingApproval,
    describe_thing,
    find_decided,
    find_neighbours,
    list_decided,
    list_waiting,
)
from sightline.web.responses import Page, Redirect

router = PageRouter("approvals")
MOST = 100
"""Maximum number of approvals that one reason decides."""
Decision = Annotated[Literal["give", "back", "refuse"], Form()]
Chosen = Annotated[list[str] | None, Query(max_length=MOST)]


@router.show("/approvals", Action.APPROVAL_LIST, JournalVerb.VIEW_OFFICERS, "approval:all")
def show_list(context: RequestContext, show: str = "") -> Page:
    """Show what waits for a second officer, the first one that this officer can decide in full; or what was decided."""
    pending_approvals = list_waiting(context, to_microseconds(context.officer_session.clock()))
    if show == "decided":
        return Page("decided.html", _build_tabs(pending_approvals, show) | {"decided": list_decided(context)})
    return _build_two_columns(
        context,
        pending_approvals,
        next((approval for approval in pending_approvals if approval.question.is_mine), None),
    )


@router.show("/approvals/together", Action.APPROVAL_LIST, JournalVerb.VIEW_OFFICERS, "approval:all")
def show_together(context: RequestContext, approval: Chosen = None) -> Page | Redirect:
    """Show several approvals of one kind, each with its letter and rows, to decide on them with one reason."""
    if not approval:
        return Redirect("/approvals", "together.none")
    pending_approvals = list_waiting(context, to_microseconds(context.officer_session.clock()))
    waiting_items = _select_alike(context, pending_approvals, approval)
    things = [(waiting_item, describe_thing(context, waiting_item.question)) for waiting_item in waiting_items]
    return Page("together.html", _build_tabs(pending_approvals, "") | {"things": things, "kind": waiting_items[0].kind})


@router.act("/approvals/together", Action.APPROVAL_DECIDE, "approval:all")
def decide_together(
    context: RequestContext,
    approval: Annotated[list[str], Form(max_length=MOST)],
    why: Annotated[str, Form()],
    decision: Decision,
) -> Redirect:
    """Give, send back or refuse several approvals: each is a decision of its own, signed for its own content."""
    reason = require_reason(why, context.says("why"))
    pending_approvals = list_waiting(context, to_microseconds(context.officer_session.clock()))
    done, failed = 0, ""
    for alike in _select_alike(context, pending_approvals, approval):
        try:
            _decide(context, alike.approval_id, decision, reason)
            done += 1
        except NotAllowed:
            raise
        except SightlineError as error:
            failed = failed or str(error)
    if failed:
        return Redirect("/approvals", "together.some", {"n": done, "asked": len(approval), "why": failed})
    return Redirect("/approvals", f"together.{decision}", {"n": done})


@router.show("/approvals/{approval_id}", Action.APPROVAL_LIST, JournalVerb.VIEW_OFFICERS, "approval:{approval_id}")
def show_approval(context: RequestContext, approval_id: str) -> Page:
    """Show one approval: the thing itself and exactly what is asked, or what became of it."""
    pending_approvals = list_waiting(context, to_microseconds(context.officer_session.clock()))
    result = next((approval for approval in pending_approvals if approval.approval_id == approval_id), None)
    if result is not None:
        return _build_two_columns(context, pending_approvals, result)
    past = find_decided(context, approval_id)
    if past is None:
        raise UsageError("there is no such approval, or it is not yours to see")
    return Page("past.html", _build_tabs(pending_approvals, "") | {"past": past})


@router.act("/approvals/{approval_id}", Action.APPROVAL_DECIDE, "approval:{approval_id}")
def decide_approval(
    context: RequestContext,
    approval_id: str,
    why: Annotated[str, Form()],
    decision: Decision,
) -> Redirect:
    """Give, send back or refuse the approval. The list opens the next one."""
    decision_result = _decide(context, approval_id, decision, require_reason(why, context.says("why")))
    if decision == "back":
        return Redirect("/approvals", "decided.back", {"who": decision_result.asked_by})
    return Redirect(
        "/approvals", "decided.done" if decision_result.done else f"decided.{decision_result.approval.state}"
    )


def _decide(context: RequestContext, approval_id: str, decision: str, reason: str) -> decisions.DecisionResult:
    if decision == "back":
        return decisions.send_back(context.officer_session, approval_id, reason)
    return decisions.decide(context.officer_session, approval_id, give=decision == "give", why=reason)


def _build_two_columns(
    context: RequestContext, pending_approvals: Sequence[WaitingApproval], item: WaitingApproval | None
) -> Page:
    """Return the page with the list on the left, and one approval with its thing and its decision."""
    facts: dict[str, Any] = _build_tabs(pending_approvals, "") | {"one": item, "thing": None}
    if item is not None:
        facts |= {
            "thing": describe_thing(context, item.question),
            **find_neighbours(pending_approvals, item.approval_id),
        }
    return Page("decisions.html", facts)


def _build_tabs(pending_approvals: Sequence[WaitingApproval], show: str) -> dict[str, Any]:
    by_kind: dict[str, list[WaitingApproval]] = {}
    for approval in pending_approvals:
        by_kind.setdefault(approval.kind if approval.question.is_mine else "", []).append(approval)
    return {"waiting": pending_approvals, "by_kind": by_kind, "show": show}


def _select_alike(
    context: RequestContext, pending_approvals: Sequence[WaitingApproval], ids: Sequence[str]
) -> list[WaitingApproval]:
    """Return the waiting approvals with these ids, which must be of one kind and this officer's to decide."""
    waiting_items = [approval for approval in pending_approvals if approval.approval_id in set(ids)]
    if len(waiting_items) != len(set(ids)) or not all(waiting_item.question.is_mine for waiting_item in waiting_items):
        raise UsageError(context.says("together.gone"), hint=context.says("together.gone_next"))
    if len({waiting_item.kind for waiting_item in waiting_items}) > 1:
        raise UsageError(context.says("together.mixed"), hint=context.says("together.mixed_next"))
    return waiting_items
