"""Groups of leads on a page, and the group of one lead, which its page loads by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb
from sightline.services.lead_groups.groups import LeadGroup, group_leads
from sightline.services.lead_groups.other_forces import list_forces_of_lead
from sightline.services.lead_index.filter import LeadFilter
from sightline.web.context import RequestContext
from sightline.web.pages.leads.router import router
from sightline.web.responses import Page
from sightline.workspace.cache import WORK

EACH = 100
"""Groups on a page."""
NAMED = 8
"""Leads of a group that are named; the others are counted."""
MOST = 200_000
"""Leads of which groups are made in the web app. The command line makes them of more."""


class EarlierOutcome(NamedTuple):
    """An earlier outcome of a lead of the group."""

    case: str
    kind: str
    day: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of leads, as a page shows it."""

    group: LeadGroup
    now: datetime

    @property
    def first(self) -> str:
        """Return the most serious lead."""
        return self.group.lead_ids[0]

    @property
    def others(self) -> tuple[str, ...]:
        """Return the first of the other leads."""
        return self.group.lead_ids[1:NAMED]

    @property
    def more(self) -> int:
        """Return how many leads are not named."""
        return max(0, len(self.group.lead_ids) - NAMED)

    @property
    def shared(self) -> list[str]:
        """Return what joins the group, as keys of its words."""
        return [join.split()[0] for join in self.group.joined_by]

    @property
    def days_left(self) -> int:
        """Return the days until an ISP may delete its first records."""
        return (to_instant(self.group.keep_until_us) - self.now).days

    @property
    def outcomes(self) -> list[EarlierOutcome]:
        """Return what was found before."""
        parts = [
            (outcome.rpartition(" on "), outcome.rpartition(" on ")[0].rpartition(": "))
            for outcome in self.group.outcomes
        ]
        return [EarlierOutcome(named[0], named[2], dated[2]) for dated, named in parts]


@router.show("/leads/groups", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "leads:all")
def show_groups(context: RequestContext) -> Page:
    """Show the groups of several leads, the most serious first."""
    try:
        result = _list_groups(context)
    except UsageError:
        return Page("groups.html", {"rows": None, "several": 0, "joined": 0, "more": 0, "too_many": False})
    several = [lead_group for lead_group in result or () if len(lead_group.lead_ids) > 1]
    facts = {
        "rows": [GroupRow(lead_group, context.officer_session.clock()) for lead_group in several[:EACH]],
        "several": len(several),
        "joined": sum(len(lead_group.lead_ids) for lead_group in several),
        "more": len(several[EACH:]),
        "too_many": result is None,
    }
    return Page("groups.html", facts)


@router.show("/leads/{lead_id}/group", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "lead:{lead_id}")
def show_group(context: RequestContext, lead_id: str) -> Page:
    """Show the leads that share an account, an address within a day, a file or a subscriber with one lead."""
    whole_id = context.leads.find_lead(lead_id)["lead_id"]
    group = _group_by_lead(context).get(whole_id)
    forces = list_forces_of_lead(context.officer_session.workspace, context.leads.read, whole_id)
    facts: dict[str, Any] = {"lead_id": whole_id, "row": None, "forces": forces}
    if group is not None and len(group.lead_ids) > 1:
        others = tuple(lead_id for lead_id in group.lead_ids if lead_id != whole_id)
        facts |= {"row": GroupRow(group, context.officer_session.clock())}
        facts |= {"others": context.leads.build_briefs(others[:NAMED]), "more": len(others[NAMED:])}
    return Page("group.html", facts, block="group")


def _list_groups(context: RequestContext) -> list[LeadGroup] | None:
    """Return the groups of all leads, or None if there are too many leads for a page. Raises UsageError for none."""
    view, workspace = context.leads, context.officer_session.workspace
    if view.count_leads(LeadFilter()) > MOST:
        return None
    key = ("groups", view.read.generation.generation_id)
    return context.get_cached(key, lambda: group_leads(workspace, view.read, pl.lit(value=True)), WORK)


def _group_by_lead(context: RequestContext) -> Mapping[str, LeadGroup]:
    key = ("group-of", context.leads.read.generation.generation_id)
    return context.get_cached(
        key, lambda: {lead_id: group for group in _list_groups(context) or () for lead_id in group.lead_ids}, WORK
    )
