"""The measures on home for those who answer for a unit: how fast ISPs answer, each week's work, and its accuracy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import polars as pl

from sightline.casework.leads.outcomes import list_current_outcomes
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import NoticeState
from sightline.stages.measure.precision import RESTS, compute_precision
from sightline.storage.rows import LeadBatch, Licensee, Notice, Outcome, Reply
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.workspace.cache import WORK

WEEKS = 8
DAY_US = 86_400_000_000
AWAITED = (NoticeState.SENT, NoticeState.ANSWERED_IN_PART)


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """The response time of one ISP: `median_days` from sending to the first reply, None without a reply.

    `usual_days`: the least and the most, without a tenth of the replies at either side.
    """

    isp: str
    answered: int
    median_days: float | None
    usual_days: tuple[float, float] | None
    unanswered: int
    overdue: int


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """The counts of one week; `first` is its Monday, in India."""

    first: date
    assigned: int
    sent: int
    replied: int
    outcomes: int


def compute_unit_measures(context: RequestContext) -> dict[str, object]:
    """Return response times of ISPs, counts of the last weeks, and the share of outcomes that were confirmed."""
    now = context.officer_session.clock()
    today = date.fromisoformat(format_day_in_india(to_microseconds(now)))

    def compute_times_and_counts() -> dict[str, object]:
        """Return `responses` by ISP, `weeks` (WeekCounts, the newest last) and `precision`, of what is stored now."""
        with context.read() as tables:
            notices, first_reply = tables[Notice].select(), _find_first_replies(tables)
            outcomes = list_current_outcomes(tables)
            return {
                "responses": _measure_response_times(tables, notices, first_reply, to_microseconds(now)),
                "weeks": _count_weeks(tables, notices, first_reply.values(), outcomes, today),
                "precision": _compute_overall_precision(outcomes),
            }

    return context.get_cached(("unit-measures", today), compute_times_and_counts, WORK)


def _find_first_replies(tables: Tables) -> dict[str, int]:
    """Return when the first reply to each notice came."""
    first: dict[str, int] = {}
    for reply in tables[Reply].read_each():
        first[reply.notice_id] = min(reply.received_at_us, first.get(reply.notice_id, reply.received_at_us))
    return first


def _measure_response_times(
    tables: Tables, notices: Iterable[Notice], first_reply: dict[str, int], now_us: int
) -> list[ResponseTime]:
    """Return the ISPs that were asked, those with overdue answers first, then the slowest."""
    names = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    days: dict[str, list[float]] = {}
    unanswered: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    for notice in notices:
        if notice.sent_at_us is None:
            continue
        taken = days.setdefault(notice.licensee_id, [])
        if notice.notice_id in first_reply:
            taken.append(max(0, first_reply[notice.notice_id] - notice.sent_at_us) / DAY_US)
        if notice.state in AWAITED:
            unanswered[notice.licensee_id] += 1
            overdue[notice.licensee_id] += notice.due_at_us is not None and notice.due_at_us < now_us
    rows = [
        ResponseTime(
            names[isp],
            len(taken),
            median(taken) if taken else None,
            _find_usual(taken) if taken else None,
            unanswered[isp],
            overdue[isp],
        )
        for isp, taken in days.items()
    ]
    return sorted(rows, key=lambda row: (-row.overdue, -(row.median_days or 0), row.isp))


def _find_usual(days: Sequence[float]) -> tuple[float, float]:
    """Return the least and the most of some numbers, without the tenth of them at either side."""
    left_out = len(days) // 10
    ordered = sorted(days)
    return ordered[left_out], ordered[-1 - left_out]


def _count_weeks(
    tables: Tables, notices: Iterable[Notice], replied_us: Iterable[int], outcomes: Iterable[Outcome], today: date
) -> list[WeekCounts]:
    """Return the last weeks, oldest first; the last is not over."""
    monday = today - timedelta(days=today.weekday())
    first_days = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    assigned: Counter[date] = Counter()
    for batch in tables[LeadBatch].select():
        if batch.act.value == "assigned":
            assigned[_find_monday(batch.made_at_us)] += batch.leads
    sent = Counter(_find_monday(notice.sent_at_us) for notice in notices if notice.sent_at_us is not None)
    replied = Counter(_find_monday(at_us) for at_us in replied_us)
    outcomes_by_week = Counter(_find_monday(outcome.recorded_at_us) for outcome in outcomes)
    return [
        WeekCounts(first, assigned[first], sent[first], replied[first], outcomes_by_week[first]) for first in first_days
    ]


def _find_monday(at_us: int) -> date:
    day = date.fromisoformat(format_day_in_india(at_us))
    return day - timedelta(days=day.weekday())


def _compute_overall_precision(outcomes: list[Outcome]) -> dict[str, object] | None:
    """Return the row of all outcomes: confirmed, judged, and the share with its 95 % interval; None without any."""
    rows = [(outcome.outcome_id, outcome.kind.value) for outcome in outcomes]
    frame = pl.DataFrame(rows, schema={"outcome": pl.String, "kind": pl.String}, orient="row")
    return next(compute_precision(frame, pl.DataFrame(schema=RESTS)).iter_rows(named=True), None)
