"""Facts of the page of one lead: the same account as the lead sheet, lines, times, and acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sightline.casework.leads.lead_watches import list_watchers
from sightline.casework.permissions.access import Action
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Ceiling, CloseReason, OutcomeKind
from sightline.services.artifacts.resolutions import Resolutions, find_newest_resolution
from sightline.services.lead_status.lead_history import describe_lead_work
from sightline.services.lead_status.selection import select_with_earlier_ids
from sightline.services.leads.report_facts import build_lead_report
from sightline.services.leads.visit_lines import Lines, read_visit_lines
from sightline.services.resolution.named_lines import list_lines_of_lead
from sightline.stages.leads.triage import get_level, sort_reasons
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.stages.report.lead import read_lead as lead_of
from sightline.stages.report.lead_account import build_account
from sightline.stages.report.printable import IST
from sightline.storage.rows import Case
from sightline.translation.messages import translate_word
from sightline.web.charts import Chart, ChartRow
from sightline.web.context import RequestContext
from sightline.web.next_steps import NEEDS, build_step_path
from sightline.web.pages.leads.evidence import mark_values, read_values
from sightline.web.pages.leads.place_map import build_place_map
from sightline.web.pages.leads.progress import find_progress
from sightline.web.pages.leads.query import list_workers
from sightline.web.templates import WholeText
from sightline.workspace.cache import WORK

LABEL = 26
"""Maximum number of characters of a site's name in the chart of visits."""
BESIDE = 8
"""Number of other leads of the address that are shown."""
LADDER = (Ceiling.RESOLUTION_ONLY, Ceiling.CONNECTION_ONLY, Ceiling.RELAY, Ceiling.SHARED, Ceiling.SUBSCRIBER)
"""The ceilings that are drawn. A ceiling outside the ladder (automated, time unproven) is drawn on its own."""


def build_lead_facts(context: RequestContext, lead_id: str, why: str | None) -> dict[str, Any]:
    """Return everything that the page shows. `why`: the reason to open its address; None keeps it masked."""
    view, officer_session = context.leads, context.officer_session
    lead_json = view.find_lead(lead_id)
    lead = lead_of(lead_json)
    report = build_lead_report(officer_session, view.read, why, as_of=context.live_session.as_of)
    lead_account = build_account(lead, report, [lead_of(session) for session in lead_json["joined"]])
    lines = read_visit_lines(officer_session.workspace, view.read, lead_json, as_of=context.live_session.as_of)
    read = _find_resolutions(context)
    resolutions = [] if read is None else list(read.list_sessions_of_lead(lead_json["lead_id"]))
    work = describe_lead_work(officer_session.workspace, view.read, lead_json["lead_id"], context.live_session.as_of)
    by_line = [] if read is None else list_lines_of_lead(view.read, read, lead_json)
    return {
        "lead_json": lead_json,
        "lead": lead,
        "place_map": build_place_map(context, lead),
        "lead_account": lead_account,
        "why_open": why,
        "ladder": list_rungs(lead.ceiling, is_corroborated=_is_corroborated(lead_json, resolutions)),
        "is_corroborated": _is_corroborated(lead_json, resolutions),
        "lines": lines,
        "hide": _make_hider(lead_json, why),
        "marked": partial(mark_values, hide=_make_hider(lead_json, why)),
        "values_of": read_values,
        "visits": _build_timeline(context, lines, _make_hider(lead_json, why)),
        "resolutions": resolutions,
        "by_line": [line for line in by_line if line["visits"] < line["visit_count"]],
        "named_lines": sorted({line["subscriber"]["subscriber"] for line in by_line}),
        "exhibits": sorted({(line.exhibit, line.held_as) for line in lines.lines}),
        "beside": view.list_others_of_address(lead_json["lead_id"], BESIDE),
        "people": list_workers(context),
        "cases": context.get_cached("cases", lambda: _list_cases(context), WORK),
        "kinds": list(OutcomeKind),
        "today": format_day_in_india(to_microseconds(officer_session.clock())),
        "reasons": [close_reason for close_reason in CloseReason if close_reason is not CloseReason.OUTCOME],
        "is_watched": _is_watched(context, lead_json["lead_id"]),
        "may": {action.name.lower(): context.may(action) for action in ACTS},
        **_build_work_facts(context, lead_json, work, resolutions),
    }


def _build_work_facts(
    context: RequestContext, lead_json: dict[str, Any], work: dict[str, Any], resolutions: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return how far the work on the lead is, and what to do next."""
    most = sort_reasons(lead_json["reasons_for"])
    whom = frozenset(subscriber["subscriber"] for resolution in resolutions for subscriber in resolution["subscribers"])
    is_whole = all(resolution["verdict"] == "subscriber" for resolution in resolutions)
    return {
        "work": work,
        "is_subscriber_named": len(whom) == 1 and is_whole,
        "progress": find_progress(context, lead_json, work, whom),
        "strongest": get_level(most[0]["rule"]) if most else None,
        "step_path": build_step_path,
        "may_step": {step: context.may(action) for step, action in NEEDS.items()},
    }


ACTS = (
    Action.BUNDLE,
    Action.LEAD_ASSIGN,
    Action.LEAD_CLOSE,
    Action.LEAD_MARK,
    Action.LEAD_NOTE,
    Action.LEADS_SAVE_VIEW,
    Action.NOTICE_DRAFT,
    Action.OUTCOME_RECORD,
)


def _is_watched(context: RequestContext, lead_id: str) -> bool:
    """Return whether the officer watches the lead, under this id or an earlier one."""
    with context.read() as tables:
        watchers = list_watchers(tables)
    own_id = context.officer_session.officer.officer_id
    mine = {watched for watched, officers in watchers.items() if own_id in officers}
    return bool(mine) and not mine.isdisjoint(select_with_earlier_ids(context.leads.read, [lead_id]).list_all_ids())


def _list_cases(context: RequestContext) -> list[Case]:
    with context.read() as tables:
        return tables[Case].select()


def list_rungs(ceiling: Ceiling, *, is_corroborated: bool) -> list[tuple[str, bool]]:
    """Return the ladder of ceilings, and which one this lead has. Replies may have raised it."""
    ladder = [*LADDER] if ceiling in LADDER else [ceiling, *LADDER]
    return [(step.value, step is ceiling and not is_corroborated) for step in ladder]


def _make_hider(lead_json: dict[str, Any], why: str | None) -> Callable[[str], str]:
    """Return a function that masks each address in a text, unless they are open, in any spelling of the lead's own."""
    own = collect_addresses(session["source_ip"] for session in (lead_json, *lead_json["joined"]))
    return lambda text: WholeText(text) if why is not None else mask_text(text, own)


def _format_moment(at: datetime, language: str) -> str:
    """Return an instant of the timeline in Indian Standard Time: `07 Apr 14:40:44`."""
    local = at.astimezone(IST)
    return f"{local:%d} {translate_word('month', str(local.month), language)} {local:%H:%M:%S}"


def _format_site_label(indicator: str) -> str:
    """Return the name of a flagged site or page, defanged, and cut so that a row of a chart can begin with it."""
    name = indicator.replace(".", "[.]")
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def _build_timeline(context: RequestContext, lines: Lines, hide: Callable[[str], str]) -> Chart:
    """Return a chart of the lead's records: a row for each flagged site, a mark for each line."""
    heads = (context.says("when"), context.says("site"), context.says("line"))
    marks = tuple(
        ChartRow(
            (
                (_format_moment(line.at, context.language), line.at.astimezone(IST).isoformat(timespec="seconds")),
                (_format_site_label(hide(line.indicator)), None),
                (f"{line.line_number:,}", None),
            ),
            f"#line-{at}",
        )
        for at, line in enumerate(lines.lines, 1)
    )
    return Chart("timeline", "visits", heads, marks)


def _is_corroborated(lead_json: dict[str, Any], resolutions: list[dict[str, Any]]) -> bool:
    """Return whether replies lead every visit of the lead to one corroborated line."""
    lines = {
        subscriber["subscriber"]
        for resolution in resolutions
        for subscriber in resolution["subscribers"]
        if subscriber["corroborated"]
    }
    is_whole = all(resolution["verdict"] == "subscriber" for resolution in resolutions)
    return is_whole and len(lines) == 1 and len(resolutions) == max(1, len(lead_json["joined"]))


def _find_resolutions(context: RequestContext) -> Resolutions | None:
    """Return what replies say, if the officer may see it and anything was resolved."""
    if not context.may(Action.RESOLUTION_VIEW):
        return None
    return context.get_cached("resolutions", lambda: find_newest_resolution(context.officer_session.workspace), WORK)
