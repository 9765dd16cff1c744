"""Routes of approvals: acts of two officers that wait, exactly what is asked, and the decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework import decisions
from sightline.casework.access import Action, may_see_approval
from sightline.casework.input_checks import require_reason
from sightline.casework.officer_session import actor_of
from sightline.casework.roster import names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.storage.rows import Approval
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import Page, Redirect

router = PageRouter("approvals")
LOOK = {
    "notice": ("/notices/", Action.NOTICE_VIEW),
    "referral": ("/referrals/", Action.REFERRAL_VIEW),
    "subscriber": ("/notices/subscribers/", Action.RESOLUTION_VIEW),
    "exhibit": ("/exhibits/", Action.EXHIBIT_VIEW),
}
"""The page of each kind of thing to approve, and the action needed to see it."""


@router.page("/approvals", Action.APPROVAL_LIST, JournalVerb.VIEW_OFFICERS, "approval:all")
def listing(context: RequestContext) -> Page:
    """Show what waits for a second officer, those first that this officer can decide."""
    waiting = sorted(
        decisions.questions(context.officer_session), key=lambda one: (not one.is_mine, one.approval.asked_at_us)
    )
    return Page("listing.html", {"waiting": waiting})


@router.page("/approvals/{approval_id}", Action.APPROVAL_LIST, JournalVerb.VIEW_OFFICERS, "approval:{approval_id}")
def showing(context: RequestContext, approval_id: str) -> Page:
    """Show one approval: exactly what is asked, or what became of it."""
    found = next(
        (one for one in decisions.questions(context.officer_session) if one.approval.approval_id == approval_id), None
    )
    past = None if found else _decided(context, approval_id)
    if found is None and past is None:
        raise UsageError("there is no such approval, or it is not yours to see")
    return Page("showing.html", {"question": found, "past": past, "look": _look(context, found)})


def _look(context: RequestContext, found: decisions.Question | None) -> str | None:
    """Return the page of the thing to approve, if this officer may see it."""
    kind, _, named = found.approval.thing.partition(":") if found else ("", "", "")
    path, action = LOOK.get(kind, ("", Action.ROOM_USE))
    return f"{path}{named}" if path and context.may(action) else None


def _decided(context: RequestContext, approval_id: str) -> dict[str, object] | None:
    """Return a decided approval, with who asked and decided, if the officer may see it."""
    with context.reading() as tables:
        row, who = tables[Approval].get(approval_id), names(tables)
        if row is None or not may_see_approval(actor_of(tables, context.officer_session.signer), Action(row.action)):
            return None
        return {"row": row, "asked_by": who.get(row.asked_by), "decided_by": who.get(row.decided_by or "")}


@router.act("/approvals/{approval_id}", Action.APPROVAL_DECIDE, "approval:{approval_id}")
def deciding_about(
    context: RequestContext,
    approval_id: str,
    why: Annotated[str, Form()],
    decision: Annotated[str, Form(pattern="^(give|refuse)$")],
) -> Redirect:
    """Give or refuse the approval."""
    done = decisions.decide(
        context.officer_session, approval_id, give=decision == "give", why=require_reason(why, context.says("why"))
    )
    return Redirect("/approvals", "decided.done" if done.done else f"decided.{done.approval.state}")
