"""The room itself, and its first page: what other forces ask for, what goes to them, and what fell of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework.access import Action
from sightline.ledger.verbs import Seen
from sightline.model import Role
from sightline.services.referrals import recalls, views
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import Page

router = PageRouter("referrals")
Text = Annotated[str, Form(max_length=2000)]


@router.page("/referrals", Action.REFERRAL_VIEW, Seen.VIEW_REFERRALS, "referral:all")
def listing(context: RequestContext) -> Page:
    """What was asked for, and what went out; of a partner officer what concerns the own force alone."""
    facts = framed(context, Action.REFERRAL, Action.FORCE_REQUEST) | {
        "requests": views.listed_requests(context.officer_session),
        "referrals": views.list_referrals(context.officer_session),
        "falling": recalls.falling(context.officer_session) if context.may(Action.REFERRAL_RECALL) else [],
    }
    return Page("listing.html", facts)


def framed(context: RequestContext, *actions: Action) -> dict[str, object]:
    """What every page of the room needs: which acts to offer, by name, and to whom."""
    also = (Action.FORCE_LIST, Action.INCOMING_VIEW)
    return {
        "may": {one.name.lower(): context.may(one) for one in (*actions, *also)},
        "is_partner": context.officer_session.officer.role is Role.PARTNER,
    }
