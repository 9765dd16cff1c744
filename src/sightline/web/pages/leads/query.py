"""The query of a page of leads, from its URL: filter, order and position."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from sightline.casework.leads.saved_views import list_views
from sightline.casework.permissions.access import POLICY, Action
from sightline.casework.permissions.roster import list_names, list_officers_on_duty
from sightline.errors import UsageError
from sightline.model import LeadStatus
from sightline.services.lead_index.filter import BESIDE, CHECKS, NOT_KNOWN, LeadFilter
from sightline.services.lead_index.lead_view import MOST, CountColumn, LeadMask, View
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.lead_status.status import derive_statuses, select_statuses
from sightline.storage.rows import SavedView
from sightline.web import charts
from sightline.web.context import RequestContext
from sightline.web.templates import WholeText
from sightline.workspace.cache import WORK

EXPORTED = 10_000
"""Maximum number of leads that a page exports. The command line exports more."""
OWN = frozenset({"sort", "after", "before", "view", "q"})
"""Query keys beside the filter."""
SORT = "seriousness"
OPEN = tuple(lead_status.value for lead_status in LeadStatus if lead_status is not LeadStatus.CLOSED)
NEW = LeadFilter(status=(LeadStatus.NEW.value,))
"""Filter of leads that nobody has yet."""


@dataclass(frozen=True, slots=True)
class LeadQuery:
    """The filter and order of a page of leads, and the key before or after which it begins."""

    narrowing: LeadFilter
    sort: str
    after: str | None
    before: str | None

    def to(self, **changed: str | None) -> str:
        """Return this page's query with other values. None removes one."""
        pairs = [(name, value) for name in CHECKS for value in getattr(self.narrowing, name) if name not in changed]
        own = {"sort": self.sort if self.sort != SORT else None} | changed
        return WholeText(urlencode([*pairs, *((name, value) for name, value in own.items() if value is not None)]))

    def without(self, field: str, value: str) -> str:
        """Return the query without one value of a field."""
        pairs = [
            (name, one) for name in CHECKS for one in getattr(self.narrowing, name) if (name, one) != (field, value)
        ]
        return WholeText(urlencode([*pairs, *([("sort", self.sort)] if self.sort != SORT else [])]))

    def list_chips(self) -> Iterator[tuple[str, str, str]]:
        """Yield each value of the filter: field, value, and the query without it."""
        for name in CHECKS:
            for value in getattr(self.narrowing, name):
                yield name, value, self.without(name, value)


def read_lead_query(context: RequestContext) -> LeadQuery:
    """Return the query in the page's URL. Raises UsageError for an unknown filter."""
    parameters = context.request.query_params
    pairs = [(name, value) for name, value in parameters.multi_items() if name not in OWN]
    return LeadQuery(
        LeadFilter.from_pairs(pairs), parameters.get("sort") or SORT, parameters.get("after"), parameters.get("before")
    )


def build_own_filter(context: RequestContext) -> LeadFilter:
    """Return the filter of the officer's own open leads."""
    return LeadFilter(status=OPEN, assignee=(context.officer_session.officer.name,))


class FilterTab(NamedTuple):
    """A filter that is one click away: its name, query, number of leads (None: not counted), and if it is shown."""

    name: str
    query: str
    leads: int | None
    is_here: bool


def list_tabs(
    context: RequestContext, view: View, lead_query: LeadQuery, saved: Sequence[SavedView]
) -> list[FilterTab]:
    """Return the tabs: own leads, new ones, all, and the officer's saved views."""
    here, says = lead_query.narrowing.query, context.says
    own = [("tab.mine", build_own_filter(context)), ("tab.new", NEW), ("tab.all", LeadFilter())]
    result = [
        FilterTab(
            says(key),
            lead_filter.query,
            view.count_leads(lead_filter, select_among(context, view, lead_filter)),
            lead_filter.query == here,
        )
        for key, lead_filter in own
    ]
    return [*result, *(_build_saved_tab(saved_view, here, says("shared")) for saved_view in saved)]


def _build_saved_tab(view: SavedView, here: str, shared: str) -> FilterTab:
    name = f"{view.name} · {shared}" if view.is_shared else view.name
    return FilterTab(name, view.query, None, bool(view.query) and view.query == here)


def select_among(context: RequestContext, view: View, narrowing: LeadFilter) -> dict[str, LeadMask]:
    """Return the leads that have the status or assignee of a filter, from the unit's own tables."""
    chosen_values = {name: getattr(narrowing, name) for name in BESIDE if getattr(narrowing, name)}
    generation = view.read.generation.generation_id
    return {
        name: context.get_cached(("among", generation, name, values), partial(AMONG[name], context, view, values))
        for name, values in chosen_values.items()
    }


def _select_of_status(context: RequestContext, view: View, status_names: Sequence[str]) -> LeadMask:
    """Return the leads of these states. A lead without any act is new, and has no row."""
    rows = derive_statuses(context.officer_session.workspace, view.read, context.live_session.as_of)
    is_new = LeadStatus.NEW.value in status_names
    wanted = (
        [lead_status.value for lead_status in LeadStatus if lead_status.value not in status_names]
        if is_new
        else list(status_names)
    )
    return view.select_ids(rows.filter(rows["status"].is_in(wanted))["lead_id"], others=is_new)


def _select_of_assignee(context: RequestContext, view: View, officer_names: Sequence[str]) -> LeadMask:
    """Return the leads of these officers, and with NOT_KNOWN those that nobody has. Most of these have no row."""
    with context.read() as tables:
        officers = [one for one, name in list_names(tables).items() if name in officer_names]
    rows = derive_statuses(context.officer_session.workspace, view.read, context.live_session.as_of)
    is_theirs = rows["officer_id"].is_in(officers)
    if NOT_KNOWN in officer_names:
        return view.select_ids(rows.filter(rows["officer_id"].is_not_null() & ~is_theirs)["lead_id"], others=True)
    return view.select_ids(rows.filter(is_theirs)["lead_id"])


AMONG: Mapping[str, Callable[[RequestContext, View, Sequence[str]], LeadMask]] = {
    "status": _select_of_status,
    "assignee": _select_of_assignee,
}


def count_leads(
    context: RequestContext, view: View, lead_query: LeadQuery, among: Mapping[str, LeadMask], by: str
) -> charts.Chart:
    """Return a chart of a page's leads by network or ceiling."""
    shared = context.says_of("all")
    heads = [context.says(by), context.says("title")]

    def label(value: str) -> str:
        if by == "reason":
            return context.says("no_reason") if value == NOT_KNOWN else shared(f"level.{value}")
        if by == "ceiling":
            return shared(f"ceiling.{value}")
        return shared("unknown") if value == NOT_KNOWN else value

    counts = view.count_values(lead_query.narrowing, CountColumn(by), among)
    return charts.build_bar_chart(f"by-{by}", heads, counts, by, charts.ChartTarget(lead_query.narrowing), label)


def build_page_context(context: RequestContext, view: View, leads: Sequence[Brief]) -> dict[str, Any]:
    """Return what the page shows beside leads: statuses, officers who can get them, and the officer's saved views."""
    known = select_statuses(
        derive_statuses(context.officer_session.workspace, view.read, context.live_session.as_of),
        [brief.lead_id for brief in leads],
    )
    with context.read() as tables:
        saved = list_views(tables, context.officer_session.officer.officer_id)
    people = list_workers(context)
    may = {
        "notice": context.may(Action.NOTICE_DRAFT),
        "assign": context.may(Action.LEAD_ASSIGN),
        "close": context.may(Action.LEAD_CLOSE),
        "refer": context.may(Action.REFERRAL),
        "save_view": context.may(Action.LEADS_SAVE_VIEW),
    }
    by_id = {person.officer_id: person.name for person in people}
    rows = [_build_row(brief, known.get(brief.lead_id), by_id) for brief in leads]
    return {"rows": rows, "people": people, "saved": saved, "may": may}


def _build_row(lead: Brief, stands: Mapping[str, Any] | None, officers: Mapping[str, str]) -> tuple[Brief, str, str]:
    """Return a lead, its status, and its assignee."""
    if stands is None:
        return lead, LeadStatus.NEW.value, ""
    return lead, stands["status"], officers.get(stands["officer_id"], "")


class Assignee(NamedTuple):
    """An officer that leads can be assigned to."""

    officer_id: str
    name: str
    role: str


def list_workers(context: RequestContext) -> tuple[Assignee, ...]:
    """Return the officers on duty that leads can be assigned to."""

    def read() -> tuple[Assignee, ...]:
        with context.read() as tables:
            able = [officer for officer in list_officers_on_duty(tables) if officer.role in POLICY[Action.LEAD_NOTE]]
        return tuple(Assignee(officer.officer_id, officer.name, officer.role.value) for officer in able)

    return context.get_cached("workers", read, WORK)


def list_all_ids(context: RequestContext, view: View, query: str) -> list[str]:
    """Return the ids of all leads of a query. Raises UsageError for more than a page exports."""
    narrowing = LeadFilter.from_pairs([pair for pair in parse_qsl(query) if pair[0] not in OWN])
    among = select_among(context, view, narrowing)
    total = view.count_leads(narrowing, among)
    if total > EXPORTED:
        raise UsageError(context.says("too_many", n=total, most=EXPORTED))
    result, after = [], None
    while True:
        page = view.read_page(narrowing, "first", after=after, limit=MOST, among=among)
        result += [brief.lead_id for brief in page.leads]
        if (after := page.after) is None:
            return result


def list_seen_ids(context: RequestContext, view: View, query: str, seen: int) -> list[str]:
    """Return the ids of all leads of a query. Raises UsageError if they are not as many as the officer saw."""
    result = list_all_ids(context, view, query)
    if len(result) != seen:
        raise UsageError(context.says("whole_changed", n=len(result), seen=seen))
    return result
