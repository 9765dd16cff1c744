"""Everything that the page and the report of a case show, as far as the officer's role permits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sightline.casework.cases.case_notes import list_open_deadlines
from sightline.casework.cases.case_papers import find_papers, find_purge
from sightline.casework.leads.outcomes import list_outcomes as outcomes_of
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.ledger.instants import to_microseconds
from sightline.services.case_report.case_events import describe_event, list_deadlines, list_events
from sightline.services.case_report.case_view import list_notes_of_case, load_case
from sightline.web.charts import Chart, ChartRow, format_count
from sightline.web.context import RequestContext
from sightline.web.pages.cases.case_events import build_timeline_chart
from sightline.web.pages.cases.leads import CaseLeads, list_leads_of_case, list_subscribers_of_case

LEADS = 50
"""Leads of a case that its page shows."""
RIGHTS: Mapping[str, Action] = {
    "authority": Action.AUTHORITY_ADD,
    "end": Action.AUTHORITY_END,
    "leads": Action.LEADS_VIEW,
    "notices": Action.NOTICE_VIEW,
    "draft": Action.NOTICE_DRAFT,
    "exhibits": Action.EXHIBIT_VIEW,
    "ledger": Action.LEDGER_VIEW,
    "subscribers": Action.RESOLUTION_VIEW,
    "scan": Action.SCAN,
    "note": Action.CASE_NOTE,
    "open_file": Action.CASE_FILE_OPEN,
    "purge": Action.PURGE,
}
"""What a case offers, and the action that each needs."""


def build_case_facts(context: RequestContext, case_id: str) -> dict[str, Any]:
    """Return the variables of the templates. Raises UsageError for an unknown case."""
    now_us, may = (
        to_microseconds(context.officer_session.clock()),
        {key: context.may(action) for key, action in RIGHTS.items()},
    )
    with context.read() as tables:
        case_view, by = load_case(tables, case_id, now_us), list_names(tables)
        outcomes = outcomes_of(tables, case_view.case.case_id) if may["leads"] else []
        kept_papers = find_papers(tables, case_view.case.case_id)
        purging = find_purge(tables, case_view.case.case_id, now_us)
        notes, own = (
            list_notes_of_case(tables, case_view.case.case_id),
            list_open_deadlines(tables, case_view.case.case_id),
        )
    if not may["notices"]:
        case_view = replace(case_view, orders=())
    leads, subscribers = list_leads_of_case(context, case_view, LEADS), list_subscribers_of_case(context, case_view)
    deadlines, events = list_deadlines(case_view, own, now_us), list_events(case_view, outcomes, now_us)
    counts = {
        "leads": leads.total if leads else 0,
        "subscribers": len(subscribers),
        "notices": len(case_view.orders),
        "exhibits": len(case_view.exhibits),
        "outcomes": len(outcomes),
        "submissions": len(case_view.papers),
        "deadlines": len(deadlines),
        "notes": len(notes),
    }
    return {
        "one": case_view,
        "may": may,
        "by": by,
        "tabs": _list_tabs(counts, may),
        "timeline": build_timeline_chart(context, events),
        "events": [(event, describe_event(context.says, event)) for event in events],
        "leads": leads,
        "stages": _build_stages_chart(context, leads) if leads else None,
        "subscribers": subscribers,
        "outcomes": outcomes,
        "deadlines": deadlines,
        "notes": notes,
        "kept_papers": kept_papers,
        "papers_over": kept_papers.is_over(now_us),
        "purging": purging,
        "purging_early": purging is not None and json.loads(purging.request_json)["early"] == "yes",
    }


def _list_tabs(counts: Mapping[str, int], may: Mapping[str, bool]) -> list[tuple[str, int | None]]:
    """Return the tabs that the officer may open, each with its number of rows."""
    needs = {"leads": "leads", "subscribers": "subscribers", "notices": "notices", "outcomes": "leads"}
    listed = [(tab, count) for tab, count in counts.items() if tab not in needs or may[needs[tab]]]
    return [("overview", None), ("timeline", None), *listed]


def _build_stages_chart(context: RequestContext, leads: CaseLeads) -> Chart:
    shared = context.says_of("all")
    marks = tuple(
        ChartRow(((shared(f"lead_status.{stage.status}"), None), format_count(stage.leads)), stage.path)
        for stage in leads.stages
    )
    return Chart("bars", "by-stage", (context.says("state"), context.says("tab.leads")), marks)
