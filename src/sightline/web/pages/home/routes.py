"""Route of the home page: the officer's work, most urgent first, then totals and where leads are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.lead_view import CountColumn, View
from sightline.stages.leads.triage import get_level, sort_reasons
from sightline.stages.report.printable import IST
from sightline.storage.rows import ScanProgress
from sightline.web import charts
from sightline.web.context import RequestContext
from sightline.web.next_steps import NEEDS, build_step_path
from sightline.web.page_router import PageRouter
from sightline.web.pages.home import work_queue
from sightline.web.pages.home.oversight import build_role_facts
from sightline.web.pages.leads.query import NEW, OPEN, build_own_filter, select_among
from sightline.web.responses import Page

router = PageRouter("home")


class NewLead(NamedTuple):
    """A lead that nobody has yet, and the reasons for it, the most serious first."""

    lead: dict[str, Any]
    reasons: list[dict[str, Any]]

    @property
    def level(self) -> str | None:
        """Return how serious the strongest reason is."""
        return get_level(self.reasons[0]["rule"]) if self.reasons else None


PRESSING = 8
"""Number of new leads on the page."""
SOON = timedelta(days=14)
EVERY_OPEN = LeadFilter(status=OPEN)


@router.show("/", Action.WEB_APP_USE, JournalVerb.VIEW_PAGE, "room:home")
def show_home(context: RequestContext) -> Page:
    """Show the home page."""
    now = context.officer_session.clock()
    facts = {
        "greeting": name_part_of_day(now),
        "today": now,
        "now_us": to_microseconds(now),
        "view": None,
        "empty": False,
    }
    facts |= _build_work(context, now) | build_role_facts(context, now)
    if not context.may(Action.LEADS_VIEW):
        return Page("home.html", facts)
    try:
        view = context.leads
    except UsageError:
        return Page("home.html", facts | {"empty": True})
    return Page("home.html", facts | _build_lead_work(context, view, now) | _build_totals(context, view, now))


def name_part_of_day(now: datetime) -> str:
    """Return the part of the day in India; the hours after midnight are the evening's."""
    hour = now.astimezone(IST).hour
    return "morning" if 4 <= hour < 12 else "afternoon" if 12 <= hour < 17 else "evening"


def _build_work(context: RequestContext, now: datetime) -> dict[str, Any]:
    """Return the work beside leads, as far as the officer may see it."""
    scans = None
    if context.may(Action.EXHIBIT_VIEW):
        with context.read() as tables:
            scans = len(tables[ScanProgress].select(ended_at_us=None))
    lists = {
        "decide": work_queue.list_decisions(context) if context.may(Action.APPROVAL_LIST) else [],
        "send": work_queue.list_ready_to_send(context),
        "resolve": work_queue.list_replies_to_resolve(context),
        "answer": work_queue.list_requests_to_answer(context),
        "partners": work_queue.list_officers_to_assign(context),
        "due": work_queue.list_due_this_week(context, now),
    }
    return {
        "lists": {name: some[: work_queue.EACH] for name, some in lists.items()},
        "sizes": {name: len(some) for name, some in lists.items()},
        "since": work_queue.find_since_last_visit(context),
        "awaited": work_queue.count_awaited(context),
        "scans": scans,
        "danger": [],
        "reported": [],
        "mine": [],
        "step_path": build_step_path,
        "may_step": {step: context.may(action) for step, action in NEEDS.items()},
    }


def _build_lead_work(context: RequestContext, view: View, now: datetime) -> dict[str, Any]:
    """Return the leads to work on: those in danger, the officer's own, and the most urgent without an owner."""
    now_us = to_microseconds(now)
    mine, own_total = work_queue.list_own_leads(context, view, now_us)
    reported, reported_total = work_queue.list_reported_leads(context, view, now_us)
    page = view.read_page(NEW, "seriousness", limit=PRESSING, among=select_among(context, view, NEW))
    with context.read() as tables:
        called = list_names(tables)
    return {
        "danger": work_queue.list_leads_in_danger(context, view, now_us),
        "reported": reported,
        "reported_total": reported_total,
        "reported_query": work_queue.REPORTED.query,
        "mine": mine,
        "own_total": own_total,
        "own_query": build_own_filter(context).query,
        "officers": called,
        "new_query": NEW.query,
        "new_total": page.total,
        "pressing": [NewLead(lead, sort_reasons(lead["reasons_for"])) for lead in view.read_leads(page.rows)],
    }


def _build_totals(context: RequestContext, view: View, now: datetime) -> dict[str, Any]:
    everything, words = LeadFilter(), context.says
    upon = charts.ChartTarget(everything)
    soon_day = (now + SOON).astimezone(IST).date()
    soon = LeadFilter(keep_until=(soon_day.isoformat(),))
    by = {
        column: view.count_values(everything, column)
        for column in (CountColumn.PLACE, CountColumn.DAY, CountColumn.CEILING)
    }
    funnel, shared = view.count_funnel(everything), context.says_of("all")
    by_state, stages = [words("code"), words("state"), words("leads")], [shared("funnel.stage"), shared("funnel.count")]
    today = now.astimezone(IST).date()
    return {
        "view": view,
        "open_leads": view.count_leads(EVERY_OPEN, select_among(context, view, EVERY_OPEN)),
        "open_query": EVERY_OPEN.query,
        "soon": view.count_leads(soon),
        "soon_day": soon_day,
        "soon_query": soon.query,
        "funnel_found": funnel,
        "states": charts.build_state_chart("by-state", by_state, by[CountColumn.PLACE], upon, shared),
        "reach": charts.build_bar_chart(
            "by-ceiling",
            [words("ceiling"), words("leads")],
            by[CountColumn.CEILING],
            "ceiling",
            upon,
            lambda one: shared(f"ceiling.{one}"),
        ),
        "funnel": charts.build_funnel_chart("funnel", stages, funnel, upon, shared),
        "days": charts.build_day_chart(
            "by-day", [words("day"), words("leads")], by[CountColumn.DAY], upon, today, context.language
        ),
    }
