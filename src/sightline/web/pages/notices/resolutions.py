"""Resolutions: the combined result of all replies for each session, with every reason."""

from __future__ import annotations

from typing import Any

import polars as pl

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import ResolutionVerdict
from sightline.services.artifacts.resolutions import Resolutions, require_newest_resolution
from sightline.services.resolution.resolution_inputs import load_inputs
from sightline.services.resolution.resolve import resolve_leads
from sightline.stages.resolve.withdrawn import CODES
from sightline.storage.rows import Notice, Reply
from sightline.translation.messages import translate_word
from sightline.web.charts import Chart, ChartRow, format_count
from sightline.web.context import RequestContext
from sightline.web.list_order import PAGE_ROWS, ListOrder, select_page_after, sort_by_choice
from sightline.web.pages.notices.index import list_rights
from sightline.web.pages.notices.router import router
from sightline.web.responses import Page, Redirect
from sightline.workspace.cache import WORK

HEADINGS = ("seen", "address", "lead", "verdict", "subscriber", "")
SORTS = {
    "seen": pl.col("first_us"),
    "address": pl.col("ip"),
    "lead": pl.col("lead_id"),
    "verdict": pl.col("verdict").cast(pl.String),
    "subscriber": pl.col("subscribers").list.first(),
}
"""The columns of the list by which an officer may sort, with what each sorts by."""


@router.show("/notices/resolutions", Action.RESOLUTION_VIEW, JournalVerb.VIEW_RESOLUTIONS, "resolving:all")
def show_list(context: RequestContext, verdict: str = "", after: str = "", sort: str = "") -> Page:
    """Show the sessions by ceiling or in the order of a column, fifty at a time, optionally of one verdict."""
    facts: dict[str, Any] = {"may": list_rights(context), "stands": find_resolving_state(context), "verdict": verdict}
    resolutions = find_current_resolution(context)
    if resolutions is None:
        return Page("resolutions.html", facts | {"read": None})
    by_verdict = _build_verdict_chart(context, resolutions, verdict)
    every = resolutions.sort_sessions()
    mine = every.filter(pl.col("verdict") == verdict) if verdict in set(ResolutionVerdict) else every
    page, more = select_page_after(sort_by_choice(mine, SORTS, sort), "session_id", after)
    with context.read() as tables:
        by = list_names(tables).get(resolutions.resolution.made_by, "")
    facts |= {"read": resolutions, "by": by, "by_verdict": by_verdict, "total": len(mine), "after": more}
    facts["order"] = ListOrder("/notices/resolutions", HEADINGS, sort, {"verdict": verdict})
    return Page(
        "resolutions.html", facts | {"found": list(resolutions.to_json(page)), "recalled": _list_recalled(resolutions)}
    )


@router.act("/notices/resolutions", Action.RESOLVE, "resolving:all")
def resolve_now(context: RequestContext) -> Redirect:
    """Resolve the current inputs. Repeating it has no effect."""
    resolve_result = resolve_leads(context.officer_session)
    message = "resolving.same" if resolve_result.was_there else "resolving.done"
    return Redirect(
        "/notices/resolutions",
        message,
        {"n": resolve_result.account["sessions"], "number": resolve_result.resolution.number},
    )


@router.show(
    "/notices/resolutions/{session_id}", Action.RESOLUTION_VIEW, JournalVerb.VIEW_RESOLUTIONS, "session:{session_id}"
)
def show_resolution(context: RequestContext, session_id: str) -> Page:
    """Show one session: verdict, subscriber, reasons, gaps, near misses, row by row."""
    resolutions = require_newest_resolution(context.officer_session.workspace)
    result = resolutions.sessions.filter(pl.col("session_id") == session_id)
    mine = result if len(result) else resolutions.find_sessions(session_id).head(1)
    session_json = next(resolutions.to_json(mine))
    rows = list(resolutions.list_rows(session_json["session_id"]))
    with context.read() as tables:
        notices = {row["notice_id"]: tables[Notice].get(row["notice_id"]) for row in rows}
        ids = [reply for row in rows for reply, _ in row["assignments"]]
        replies = {reply.reply_id: reply for reply in tables[Reply].select_within("reply_id", sorted(set(ids)))}
    facts = {
        "session_json": session_json,
        "lacks": resolutions.list_lacks(session_json),
        "rows": rows,
        "notices": notices,
        "replies": replies,
    }
    return Page("resolution.html", facts | {"certified": mine["is_certified"][0], "may": list_rights(context)})


def find_current_resolution(context: RequestContext) -> Resolutions | None:
    """Return the current resolution, or None."""
    try:
        return require_newest_resolution(context.officer_session.workspace)
    except UsageError:
        return None


def find_resolving_state(context: RequestContext) -> str:
    """Return whether resolving would give anything new: `new`, `same`, `none` or `leads`.

    `none`: no notice was sent. `leads`: leads must be rebuilt first.
    """
    return context.get_cached("resolution state", lambda: _find_state(context), WORK)


def _find_state(context: RequestContext) -> str:
    with context.read() as tables:
        if all(notice.sent_at_us is None for notice in tables[Notice].select()):
            return "none"
    try:
        return "same" if load_inputs(context.officer_session.workspace).is_as_before() else "new"
    except UsageError:
        return "leads"


def _build_verdict_chart(context: RequestContext, resolutions: Resolutions, here: str) -> Chart:
    counts = dict(resolutions.sessions.group_by("verdict").len().iter_rows())
    marks = tuple(
        ChartRow(
            (
                (translate_word("verdict", resolution_verdict.value, context.language), None),
                format_count(counts.get(resolution_verdict.value, 0)),
            ),
            f"/notices/resolutions?verdict={resolution_verdict.value}",
            "here" if resolution_verdict.value == here else None,
        )
        for resolution_verdict in ResolutionVerdict
    )
    return Chart("bars", "by-verdict", (context.says("verdict"), context.says("sessions")), marks)


def _list_recalled(resolutions: Resolutions) -> list[dict[str, Any]]:
    return build_recalled_rows(resolutions.recalled_lines.sort("number", descending=True).head(PAGE_ROWS))


def build_recalled_rows(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return recalled lines with `fell`, the code of the reason, or None if an earlier version worded it."""
    return [row | {"fell": CODES.get(row["why"])} for row in rows.to_dicts()]
