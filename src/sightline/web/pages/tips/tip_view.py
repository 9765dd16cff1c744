"""Views of tips: those that were imported, their counts, and the leads of their reports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sightline.casework.exhibits.exhibits import find_exhibit, format_exhibit_name
from sightline.casework.exhibits.tip_runs import (
    TIP_FORMAT,
    list_newest_tips,
    list_uncounted_reports,
    select_newest_tip_runs,
)
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import NotThere, UsageError
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_index.summary_rows import Brief
from sightline.stages.tips.visit_rows import UNNUMBERED, derive_report_indicator
from sightline.storage.rows import Authority, Case, Holding, Run, Source
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.web.list_order import PAGE_ROWS
from sightline.web.pages.tips.tip_order import SORTS, list_sorted_tips
from sightline.web.templates import WholeText

FIRST = 3
"""Leads of a tip that its row shows."""
LISTED = 200
"""Leads of one tip that its page shows."""
IN_QUERY = 100
"""Reports whose leads a filter names one by one; of more, it names the sender."""


@dataclass(frozen=True, slots=True)
class TipRow:
    """A tip, whose it is, and its leads. `leads`: None if the leads were made before it was imported.

    `reports`: their numbers; None if there are too many to list.
    """

    run: Run
    name: str
    source: Source
    authority: Authority | None
    case: Case | None
    by: str
    account: Mapping[str, Any]
    reports: tuple[str, ...] | None
    gone: int
    leads: int | None
    first: tuple[Brief, ...]
    query: str

    @property
    def kinds(self) -> list[str]:
        """Return the kinds as which it was read."""
        return self.run.format.removeprefix(TIP_FORMAT).split("+")

    @property
    def left_out(self) -> int:
        """Return the rows that are no connection of a reported person."""
        return int(self.account["frames"] - self.account["comments"] - self.account["hits"])


@dataclass(frozen=True, slots=True)
class FreshLeads:
    """The leads of an import: how many, if all of them are listed, where they are shown, and the id of the only one."""

    leads: int | None
    path: str
    only: str | None


def list_tips(context: RequestContext, after: str, sort: str = "") -> tuple[list[TipRow], str | None]:
    """Return a page of tips, the newest first or in the order of a column, and the last of it if there are more."""
    with context.read() as tables:
        if sort.removeprefix("-") in SORTS:
            runs, more = list_sorted_tips(context, tables, sort, after)
            return _build_rows(context, tables, runs), more
        result = list_newest_tips(tables, PAGE_ROWS + 1, after)
        ids = list(dict.fromkeys(run.exhibit_id for run in result))
        runs = [run for run in result if run.exhibit_id in set(ids[:PAGE_ROWS])]
        rows = _build_rows(context, tables, runs)
    return rows, ids[PAGE_ROWS - 1] if len(ids) > PAGE_ROWS else None


def find_leads_since(rows: Sequence[TipRow], since_us: int) -> FreshLeads | None:
    """Return the leads of the tips on a page that were imported since then, or None if there are none."""
    fresh = [row for row in rows if row.run.registered_at_us >= since_us and row.leads]
    first = {brief.lead_id: brief for row in fresh for brief in row.first}
    if not first:
        return None
    leads = len(first) if all(row.leads == len(row.first) for row in fresh) else None
    if leads == 1:
        (only,) = first
        return FreshLeads(1, f"/leads/{only}", only)
    queries = "&".join(dict.fromkeys(row.query for row in fresh))
    return FreshLeads(leads, WholeText(f"/leads?{queries}" if len(fresh) <= IN_QUERY else "/leads"), None)


def load_tip(context: RequestContext, digest: str) -> list[TipRow]:
    """Return one tip, once for each of its senders. Raises NotThere or UsageError."""
    with context.read() as tables:
        exhibit = find_exhibit(tables, digest)
        runs = list(select_newest_tip_runs(tables[Run].select(exhibit_id=exhibit.exhibit_id)).values())
        if not runs:
            raise NotThere(f"exhibit {exhibit.exhibit_id[:12]} is no tip, or it was purged")
        return _build_rows(context, tables, runs)


def list_leads_by_report(context: RequestContext, tip: TipRow) -> list[tuple[str, int, tuple[Brief, ...]]]:
    """Return the reports of a tip, each with its number of leads and the first of them, while they fit on a page."""
    view = find_current_view(context)
    if view is None or tip.leads is None:
        return []
    result, left = [], LISTED
    for report in tip.reports or ():
        count, some = view.count_leads_met([derive_report_indicator(tip.run.exhibit_id, report)], max(left, 0))
        left -= len(some)
        if some or not count:
            result.append(("" if report == UNNUMBERED else report, count, some))
    return result


def find_current_view(context: RequestContext) -> View | None:
    """Return the current leads, if there are any and the officer may see them."""
    if not context.may(Action.LEADS_VIEW):
        return None
    try:
        return context.leads
    except UsageError:
        return None


def _build_rows(context: RequestContext, tables: Tables, runs: Sequence[Run]) -> list[TipRow]:
    known, view = list_names(tables), find_current_view(context)
    made_of = set() if view is None else {run for run, _ in json.loads(view.read.generation.inputs_json)["runs"]}
    holdings = tables[Holding].select_within("exhibit_id", sorted({run.exhibit_id for run in runs}))
    authorities = {
        authority.authority_id: authority
        for authority in tables[Authority].select_within("authority_id", _list_ids(runs, "authority_id"))
    }
    sources = {
        source.source_id: source for source in tables[Source].select_within("source_id", _list_ids(runs, "source_id"))
    }
    cases = {
        case.case_id: case
        for case in tables[Case].select_within(
            "case_id", sorted({authority.case_id for authority in authorities.values()})
        )
    }
    rows = []
    for run in runs:
        authority, source = authorities.get(run.authority_id), sources[run.source_id]
        listed = json.loads(run.manifest_json)["reports"]
        reports = None if listed is None else tuple(str(report) for report in listed)
        # Leads are made of runs with hits.
        is_in_leads = run.run_id in made_of or (view is not None and not run.hits)
        count, first = _find_leads(view, run, reports) if is_in_leads else (None, ())
        rows.append(
            TipRow(
                run,
                format_exhibit_name(
                    [holding for holding in holdings if holding.exhibit_id == run.exhibit_id][:1]
                ).rpartition("/")[2],
                source,
                authority,
                cases.get(authority.case_id) if authority else None,
                known.get(run.registered_by, ""),
                json.loads(run.account_json),
                reports,
                len(list_uncounted_reports(run)),
                count,
                first,
                _build_query(run, source, reports),
            )
        )
    return rows


def _list_ids(runs: Sequence[Run], column: str) -> list[str]:
    return sorted({getattr(run, column) for run in runs})


def _find_leads(view: View | None, run: Run, reports: Sequence[str] | None) -> tuple[int | None, tuple[Brief, ...]]:
    if view is None or reports is None:
        return None, ()
    return view.count_leads_met([derive_report_indicator(run.exhibit_id, report) for report in reports], FIRST)


def _build_query(run: Run, source: Source, reports: Sequence[str] | None) -> str:
    """Return the filter of the leads of a tip: by its reports, or by its sender if there are many."""
    if reports is None or len(reports) > IN_QUERY:
        return WholeText(urlencode({"source": source.name}))
    return WholeText(urlencode([("indicator", derive_report_indicator(run.exhibit_id, report)) for report in reports]))
