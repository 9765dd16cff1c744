"""The events and due dates of a case, in lanes: its timeline and its deadlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from sightline.ledger.instants import to_instant, to_microseconds
from sightline.services.case_report.case_view import AuthorityState, CaseView
from sightline.stages.report.printable import IST
from sightline.storage.rows import CaseDeadline, Outcome
from sightline.translation.messages import Messages

LANES = ("authority", "evidence", "notices", "replies", "outcomes", "papers")
"""The lanes of a timeline, in the order of the work."""
DAY_US = 86_400_000_000
SOON_US = 7 * DAY_US


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened, or is due, on a day. `count`: how many alike; then `name` and `path` are of the case."""

    lane: str
    kind: str
    at_us: int
    name: str
    path: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which something is due. `state`: `late`, `soon` or empty. `deadline_id`: of one that an officer set."""

    kind: str
    at_us: int
    name: str
    detail: str
    path: str
    state: str
    deadline_id: str = ""


def list_events(case_view: CaseView, outcomes: Sequence[Outcome], now_us: int) -> list[CaseEvent]:
    """Return what happened and what is due, newest first. Events of one kind on one day are one."""
    result: dict[tuple[str, str, str], CaseEvent] = {}
    for event in _list_all_events(case_view, outcomes, now_us):
        key = event.lane, event.kind, f"{to_instant(event.at_us).astimezone(IST):%Y-%m-%d}"
        known = result.get(key)
        result[key] = (
            event
            if known is None
            else replace(known, name="", path=f"/cases/{case_view.case.case_id}", count=known.count + 1)
        )
    return sorted(result.values(), key=lambda event: (-event.at_us, LANES.index(event.lane), event.kind))


def _list_all_events(case_view: CaseView, outcomes: Sequence[Outcome], now_us: int) -> Iterator[CaseEvent]:
    here = f"/cases/{case_view.case.case_id}"
    for each in case_view.authorities:
        authority = each.authority
        yield CaseEvent("authority", "issued", _start_us(authority.issued_on), authority.number, f"{here}#authorities")
        ended_us = authority.ended_at_us or authority.valid_until_us
        if ended_us is not None:
            kind = "ended" if authority.ended_at_us is not None or ended_us <= now_us else "ends"
            yield CaseEvent("authority", kind, ended_us, authority.number, f"{here}#authorities")
    for exhibit in case_view.exhibits:
        row = exhibit.exhibit
        yield CaseEvent("evidence", "registered", row.registered_at_us, exhibit.name, f"/exhibits/{row.exhibit_id}")
    for order in case_view.orders:
        notice = order.notice
        if notice.sent_at_us is not None:
            yield CaseEvent("notices", "sent", notice.sent_at_us, notice.number, f"/notices/{notice.notice_id}")
        if order.is_awaited and notice.due_at_us is not None:
            yield CaseEvent("notices", "due", notice.due_at_us, notice.number, f"/notices/{notice.notice_id}")
        for reply in order.replies:
            day_us = _start_us(reply.received_on)
            yield CaseEvent("replies", "received", day_us, notice.number, f"/notices/{notice.notice_id}")
    for outcome in outcomes:
        yield CaseEvent("outcomes", "recorded", _start_us(outcome.said_on), "", f"/leads/{outcome.lead_id}")
    for paper in case_view.papers:
        at_us = to_microseconds(datetime.fromisoformat(paper.at))
        yield CaseEvent("papers", paper.kind, at_us, paper.exhibit_id[:12], f"/exhibits/{paper.exhibit_id}")


def describe_event(messages: Messages, event: CaseEvent) -> str:
    """Return what happened, in words. `messages`: those of the pages of cases."""
    return messages(f"event.{event.lane}.{event.kind}", n=event.count, name=event.name).strip()


def list_deadlines(case_view: CaseView, own: Sequence[CaseDeadline], now_us: int) -> list[Deadline]:
    """Return what is due: answers, ends of authorities, days until which records must be kept, and what officers set.

    The first first.
    """
    here, deadlines = f"/cases/{case_view.case.case_id}#authorities", []
    for each in own:
        end_us = _start_us(each.due_on) + DAY_US // 2
        path = f"/cases/{case_view.case.case_id}?tab=deadlines"
        deadlines.append(Deadline("own", end_us - 1, each.what, "", path, _state(end_us, now_us), each.deadline_id))
    for order in case_view.orders:
        due_us = order.notice.due_at_us
        if order.is_awaited and due_us is not None:
            path = f"/notices/{order.notice.notice_id}"
            deadlines.append(
                Deadline("answer", due_us, order.notice.number, order.licensee, path, _state(due_us, now_us))
            )
    for instrument in case_view.authorities:
        authority = instrument.authority
        if instrument.force in {AuthorityState.NOW, AuthorityState.NOT_YET} and authority.valid_until_us is not None:
            state = _state(authority.valid_until_us, now_us)
            deadlines.append(
                Deadline("authority", authority.valid_until_us, authority.number, authority.issued_by, here, state)
            )
        if authority.keep_until_us is not None and authority.keep_until_us > now_us:
            deadlines.append(
                Deadline(
                    "keep", authority.keep_until_us, authority.number, "", here, _state(authority.keep_until_us, now_us)
                )
            )
    return sorted(deadlines, key=lambda each: (each.at_us, each.kind, each.name))


def _state(at_us: int, now_us: int) -> str:
    if at_us <= now_us:
        return "late"
    return "soon" if at_us <= now_us + SOON_US else ""


def _start_us(day: str) -> int:
    """Return the noon of a day in India, where a day is all that is known."""
    return to_microseconds(datetime.combine(datetime.fromisoformat(day).date(), time(12), IST))
