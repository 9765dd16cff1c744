"""The leads of a case's sources by state, and the subscribers that replies to its notices named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.model import LeadStatus
from sightline.services.case_report.case_leads import list_subscribers
from sightline.services.case_report.case_view import CaseView
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.summary_rows import Brief
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import select_among
from sightline.web.pages.notices.resolutions import find_current_resolution


@dataclass(frozen=True, slots=True)
class StateCount:
    """The number of leads in a state, and the page that lists them."""

    status: str
    leads: int
    path: str


@dataclass(frozen=True, slots=True)
class CaseLeads:
    """The leads of a case's sources: by state, and the most serious ones. `path` lists them all."""

    stages: tuple[StateCount, ...]
    first: tuple[Brief, ...]
    total: int
    path: str


@dataclass(frozen=True, slots=True)
class NamedSubscriber:
    """A subscriber of a reply, sealed: `row` is that of the resolution, `licensee` the name of the provider."""

    row: Mapping[str, Any]
    licensee: str


def list_leads_of_case(context: RequestContext, case_view: CaseView, most: int) -> CaseLeads | None:
    """Return the leads of a case's sources; None if the officer may not see leads, or there are none yet."""
    if not context.may(Action.LEADS_VIEW) or not case_view.sources:
        return None
    try:
        view = context.leads
        narrowing = LeadFilter(source=case_view.sources)
    except UsageError:  # no lead was made yet
        return None
    page = view.read_page(narrowing, "seriousness", limit=most)
    sources = [("source", name) for name in case_view.sources]
    stages = []
    for status in LeadStatus:
        of_status = LeadFilter(status=(status.value,))
        (mask,) = select_among(context, view, of_status).values()
        path = f"/leads?{urlencode([*sources, ('status', status.value)])}"
        stages.append(StateCount(status.value, view.count_among(narrowing, mask), path))
    return CaseLeads(tuple(stages), page.leads, page.total, f"/leads?{urlencode(sources)}")


def list_subscribers_of_case(context: RequestContext, case_view: CaseView) -> Sequence[NamedSubscriber]:
    """Return the subscribers that replies to the case's notices named, best corroborated first."""
    if not context.may(Action.RESOLUTION_VIEW):
        return ()
    resolutions = find_current_resolution(context)
    rows = list_subscribers(resolutions, case_view)
    licensees = resolutions.licensees if resolutions else {}
    return [NamedSubscriber(row, licensees.get(row["licensee_id"], "")) for row in rows]
