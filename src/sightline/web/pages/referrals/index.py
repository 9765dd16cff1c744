"""The room itself, and its first page: what other forces ask for, what goes to them, and what fell of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework.access import Action
from sightline.services.referrals import recalls, views
from sightline.ledger.verbs import Seen
from sightline.model import Role
from sightline.web.responses import Page
from sightline.web.page_router import Room
from sightline.web.context import Visit

room = Room("referrals")
Text = Annotated[str, Form(max_length=2000)]


@room.page("/referrals", Action.REFERRAL_VIEW, Seen.VIEW_REFERRALS, "referral:all")
def listing(visit: Visit) -> Page:
    """What was asked for, and what went out; of a partner officer what concerns the own force alone."""
    facts = framed(visit, Action.REFERRAL, Action.FORCE_REQUEST) | {
        "requests": views.listed_requests(visit.desk),
        "referrals": views.listed(visit.desk),
        "falling": recalls.falling(visit.desk) if visit.may(Action.REFERRAL_RECALL) else [],
    }
    return Page("listing.html", facts)


def framed(visit: Visit, *actions: Action) -> dict[str, object]:
    """What every page of the room needs: which acts to offer, by name, and to whom."""
    also = (Action.FORCE_LIST, Action.INCOMING_VIEW)
    return {
        "may": {one.name.lower(): visit.may(one) for one in (*actions, *also)},
        "is_partner": visit.desk.officer.role is Role.PARTNER,
    }
