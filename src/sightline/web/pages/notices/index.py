"""The notice router, and the list of notices: the state of each, and overdue answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form

from sightline.casework.notices.notices import URGENT_HOURS, WAITING, is_overdue
from sightline.casework.permissions.access import Action
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeKind, NoticeState
from sightline.services.notices.danger import find_danger
from sightline.storage.rows import Case, Licensee, Notice
from sightline.storage.table import Tables
from sightline.translation.messages import translate_word
from sightline.web.charts import Chart, ChartRow, format_count
from sightline.web.context import RequestContext
from sightline.web.pages.notices.router import router
from sightline.web.responses import Page

Text = Annotated[str, Form(max_length=2000)]
OVERDUE = "overdue"
STATES = (OVERDUE, *(notice_state.value for notice_state in NoticeState))
EACH = 200
NO_FILTER: Mapping[str, str] = {"kind": "", "licensee": "", "case": ""}
OPEN = WAITING | {NoticeState.DRAFT, NoticeState.APPROVED}
ANSWERED_BY_ROWS = frozenset(NoticeKind) - {NoticeKind.PRESERVATION}
"""Kinds of notices that a reply with rows answers."""
INDIA = "Asia/Kolkata"
"""The zone of days."""


@dataclass(frozen=True, slots=True)
class NoticeSummary:
    """A notice in the list. `state`: overdue goes before its other state. `is_danger`: about a child in danger."""

    notice: Notice
    case: str
    licensee: str
    state: str
    is_danger: bool = False

    def is_of(self, asked: Mapping[str, str]) -> bool:
        """Return whether it has the requested kind, licensee and case. An empty text matches all."""
        own = {"kind": self.notice.kind.value, "licensee": self.notice.licensee_id, "case": self.notice.case_id}
        return all(value in {"", own[name]} for name, value in asked.items())


def list_notices(tables: Tables, now_us: int, danger: Collection[str] = ()) -> list[NoticeSummary]:
    """Return all notices: overdue ones first, then by due day, then newest first. `danger`: ids that come before."""
    cases = {case.case_id: case.number for case in tables[Case].select()}
    names = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    notice_summaries = [
        NoticeSummary(
            notice,
            cases[notice.case_id],
            names[notice.licensee_id],
            OVERDUE if is_overdue(notice, now_us) else notice.state.value,
            notice.notice_id in danger,
        )
        for notice in reversed(tables[Notice].select())
    ]
    return sorted(notice_summaries, key=_measure_urgency)


def _measure_urgency(summary: NoticeSummary) -> tuple[bool, bool, int]:
    waits = summary.state in {OVERDUE, NoticeState.SENT.value, NoticeState.ANSWERED_IN_PART.value}
    return not summary.is_danger, summary.state != OVERDUE, (summary.notice.due_at_us or 0) if waits else 1 << 62


@router.show("/notices", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, "notice:all")
def show_list(context: RequestContext, state: str = "", kind: str = "", licensee: str = "", case: str = "") -> Page:
    """Show the state of each notice, filtered by state, kind, licensee and case."""
    asked = {"kind": kind, "licensee": licensee, "case": case}
    return list_page(context, {}, asked, state)


def list_page(
    context: RequestContext,
    more: Mapping[str, object],
    asked: Mapping[str, str] = NO_FILTER,
    state: str = "",
    status: int = 200,
) -> Page:
    """Return the page of notices: what is ready to send, where replies are added, and the list."""
    danger = list_notices_in_danger(context)
    with context.read() as tables:
        every = list_notices(tables, to_microseconds(context.officer_session.clock()), danger)
        cases = tables[Case].select()
        licensees = sorted(tables[Licensee].select(), key=lambda licensee: licensee.name.casefold())
    among = [summary for summary in every if summary.is_of(asked)]
    by_state = _build_state_chart(context, among, asked, state)
    notice_summaries = [summary for summary in among if state in {"", summary.state}]
    facts = {
        "found": notice_summaries[:EACH],
        "more": len(notice_summaries[EACH:]),
        "is_any": bool(every),
        "by_state": by_state,
    }
    facts |= {"ready": [summary for summary in every if summary.state == NoticeState.APPROVED][:EACH], "error": None}
    facts |= {
        "waiting": [
            summary for summary in every if summary.notice.state in WAITING and summary.notice.kind in ANSWERED_BY_ROWS
        ]
    }
    facts |= {"urgent_hours": URGENT_HOURS, "asked": {**asked, "state": state}, "licensees": licensees, "cases": cases}
    facts |= {"states": STATES, "kinds": list(NoticeKind), "may": list_rights(context)}
    return Page("listing.html", facts | dict(more), status)


def list_notices_in_danger(context: RequestContext) -> frozenset[str]:
    """Return the ids of open notices about a child in present danger."""
    with context.read() as tables:
        some = [notice for notice in tables[Notice].select() if notice.state in OPEN]
    workspace = context.officer_session.workspace
    return context.get_cached("notices-in-danger", lambda: frozenset(find_danger(workspace, some)))


def build_filter_address(asked: Mapping[str, str]) -> str:
    """Return the URL of the filtered list."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/notices?{query}" if query else "/notices"


def _build_state_chart(
    context: RequestContext, notice_summaries: Sequence[NoticeSummary], asked: Mapping[str, str], here: str
) -> Chart:
    counts = Counter(summary.state for summary in notice_summaries)
    marks = tuple(
        ChartRow(
            ((translate_word("notice_state", state, context.language), None), format_count(counts[state])),
            build_filter_address({**asked, "state": state}),
            "here" if state == here else None,
        )
        for state in STATES
        if counts[state] or state == here
    )
    return Chart("bars", "by-state", (context.says("state"), context.says("title")), marks)


RIGHTS = (
    Action.NOTICE_DRAFT,
    Action.NOTICE_SEND,
    Action.NOTICE_EXPORT,
    Action.LICENSEE_SAY,
    Action.REPLY_RECEIVE,
    Action.REPLY_CONFIRM,
    Action.REPLY_WITHDRAW,
    Action.RESOLVE,
    Action.RESOLUTION_VIEW,
    Action.IDENTITY_OPEN,
    Action.PURGE,
    Action.OUTCOME_RECORD,
    Action.APPROVAL_LIST,
    Action.LEADS_VIEW,
    Action.LEADS_REBUILD,
)


def list_rights(context: RequestContext) -> dict[str, bool]:
    """Return what the officer may do on these pages, to decide which links to show."""
    return {action.name.lower(): context.may(action) for action in RIGHTS}
