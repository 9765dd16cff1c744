"""The referral router, and the list: requests of other forces, referrals to them, and leads to recall."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework.forces import forces
from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.services.referrals import recalls, views
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.router import router
from sightline.web.responses import Page

Text = Annotated[str, Form(max_length=2000)]


@router.show("/referrals", Action.REFERRAL_VIEW, JournalVerb.VIEW_REFERRALS, "referral:all")
def show_list(context: RequestContext) -> Page:
    """Show requests and referrals. A partner officer sees only the own force's, and without a force how to get one."""
    if is_without_force(context):
        return Page("no_force.html", build_frame(context))
    facts = build_frame(context, Action.REFERRAL, Action.FORCE_REQUEST) | {
        "requests": views.list_requests(context.officer_session),
        "referrals": views.list_referrals(context.officer_session),
        "falling": recalls.list_due_recalls(context.officer_session) if context.may(Action.REFERRAL_RECALL) else [],
    }
    return Page("listing.html", facts)


def is_without_force(context: RequestContext) -> bool:
    """Return whether the officer is a partner officer without a force."""
    with context.read() as tables:
        return forces.is_without_force(tables, context.officer_session.officer)


def build_frame(context: RequestContext, *actions: Action) -> dict[str, object]:
    """Return what every referral page needs: which acts to offer, by name."""
    also = (Action.FORCE_LIST, Action.INCOMING_VIEW)
    return {
        "may": {action.name.lower(): context.may(action) for action in (*actions, *also)},
        "is_partner": context.officer_session.officer.role is Role.PARTNER,
    }
