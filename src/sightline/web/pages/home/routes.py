"""Route of the home page: what came in, what is urgent, what waits, and where leads are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sightline.casework.access import Action
from sightline.errors import UsageError
from sightline.ledger.instants import microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import LeadStatus, NoticeState
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.view import By, View
from sightline.stages.report.printable import IST
from sightline.storage.rows import Notice, ScanProgress
from sightline.web import charts
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.pages.leads.query import among_of
from sightline.web.responses import Page

router = PageRouter("home")
PRESSING = 8
"""Number of urgent leads on the page."""
SOON = timedelta(days=14)
OPEN = LeadFilter(status=tuple(one.value for one in LeadStatus if one is not LeadStatus.CLOSED))
"""Filter of leads that are not closed. A closed lead is never among the most urgent."""


@router.page("/", Action.ROOM_USE, JournalVerb.VIEW_ROOM, "room:home")
def home(context: RequestContext) -> Page:
    """Show the home page."""
    now = context.officer_session.clock()
    facts = {"greeting": _greeting(now), "today": now, "view": None} | _waiting(context, now)
    if not context.may(Action.LEADS_VIEW):
        return Page("home.html", facts)
    try:
        view = context.leads
    except UsageError:
        return Page("home.html", facts | {"empty": True})
    return Page("home.html", facts | _leads(context, view, now))


def _greeting(now: datetime) -> str:
    """Return the part of the day in India."""
    hour = now.astimezone(IST).hour
    return "morning" if 4 <= hour < 12 else "afternoon" if hour < 17 else "evening"


def _waiting(context: RequestContext, now: datetime) -> dict[str, Any]:
    """Return overdue notices and running scans, as far as the officer may see them."""
    facts: dict[str, Any] = {"empty": False, "overdue": None, "scans": None}
    with context.reading() as tables:
        if context.may(Action.NOTICE_VIEW):
            awaited = [
                one
                for state in (NoticeState.SENT, NoticeState.ANSWERED_IN_PART)
                for one in tables[Notice].where(state=state.value)
            ]
            facts["overdue"] = sum((one.due_at_us or 0) < microseconds(now) for one in awaited)
        if context.may(Action.EXHIBIT_VIEW):
            facts["scans"] = len(tables[ScanProgress].where(ended_at_us=None))
    return facts


def _leads(context: RequestContext, view: View, now: datetime) -> dict[str, Any]:
    everything, words = LeadFilter(), context.says
    upon = charts.ChartTarget(everything)
    soon = LeadFilter(keep_until=((now + SOON).date().isoformat(),))
    by = {one: view.counts(everything, one) for one in (By.PLACE, By.DAY, By.PRIORITY, By.CEILING)}
    found, shared = view.funnel(everything), context.says_of("all")
    by_state, stages = [words("code"), words("state"), words("leads")], [shared("funnel.stage"), shared("funnel.count")]
    today = now.astimezone(IST).date()
    return {
        "view": view,
        "bands": {one.key: one.leads for one in by[By.PRIORITY]},
        "soon": view.total(soon),
        "soon_query": soon.query,
        "funnel_found": found,
        "states": charts.states("by-state", by_state, by[By.PLACE], upon, shared),
        "reach": charts.bars(
            "by-ceiling",
            [words("ceiling"), words("leads")],
            by[By.CEILING],
            "ceiling",
            upon,
            lambda one: shared(f"ceiling.{one}"),
        ),
        "funnel": charts.funnel("funnel", stages, found, upon, shared),
        "days": charts.days("by-day", [words("day"), words("leads")], by[By.DAY], upon, today, context.language),
        "pressing": view.leads_at(
            view.page(OPEN, "priority", limit=PRESSING, among=among_of(context, view, OPEN)).rows
        ),
    }
