"""Notices: drafted by one officer, approved by the rank that the policy names, sent, answered, closed.

`services/notices` drafts the rows, which needs the workspace's files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import format_day_in_india
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import NoticeKind, NoticeState
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import Approval, Notice
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

S = NoticeState

NEXT: Mapping[NoticeState, frozenset[NoticeState]] = {
    S.DRAFT: frozenset({S.APPROVED, S.REFUSED, S.CLOSED}),
    S.APPROVED: frozenset({S.SENT, S.CLOSED}),
    S.REFUSED: frozenset(),
    S.SENT: frozenset({S.ANSWERED_IN_PART, S.ANSWERED, S.CLOSED}),
    S.ANSWERED_IN_PART: frozenset({S.SENT, S.ANSWERED_IN_PART, S.ANSWERED, S.CLOSED}),
    S.ANSWERED: frozenset({S.SENT, S.ANSWERED_IN_PART, S.ANSWERED, S.CLOSED}),
    S.CLOSED: frozenset(),
}
"""The next states of a notice. If its answer is withdrawn, it becomes `sent` again."""
WAITING = frozenset({S.SENT, S.ANSWERED_IN_PART})
"""States that wait for an answer, or for more of it."""
ASKS_STILL = frozenset(S) - {S.CLOSED, S.REFUSED}
"""States of notices whose questions are not asked again in their case."""
APPROVES: Mapping[NoticeKind, Action] = {
    NoticeKind.PRESERVATION: Action.NOTICE_PRESERVATION,
    NoticeKind.RECORDS: Action.NOTICE_RECORDS,
    NoticeKind.SUBSCRIBERS: Action.NOTICE_SUBSCRIBERS,
}
"""The act that a second officer decides."""
DUE_DAYS = 15
"""Default number of days until an answer is due.

A week is too short for records of two years, which licensees fetch from archives. A month uses up the remaining
retention, which often ends within weeks of the day a seized log reaches a unit.
"""
URGENT_HOURS = 6
"""Usual number of hours until an answer about a child in present danger is due."""
DAY_US = 86_400_000_000
IST_US = 19_800_000_000
MIN_ID = 4
"""Minimum length of the end of an id that identifies it."""


def change_state(notice: Notice, to: NoticeState) -> Notice:
    """Return the notice in another state. Raises UsageError if that state cannot follow."""
    can = NEXT[notice.state]
    if to not in can:
        possible = ", ".join(sorted(can)) or "nothing: draft another notice"
        raise UsageError(f"the notice {notice.number} is {notice.state}, and cannot be {to}", hint=f"next: {possible}")
    return replace(notice, state=to)


def register_drafts(
    change: Change, notices: Sequence[Notice], facts: Sequence[approvals.Request], why: str
) -> list[Notice]:
    """Register drafts, ask the second officer for each in the caller's transaction, and return them.

    `facts`: what is approved of each beside its rows' digest: the wording in which it is sent.
    """
    made = []
    for notice, more in zip(notices, facts, strict=True):
        numbered = replace(notice, number=_make_number(change.tables, notice, more), made_at_us=change.now_us)
        action, about = APPROVES[notice.kind], f"notice:{notice.notice_id}"
        request = {"notice": notice.notice_id, "number": numbered.number} | dict(more)
        approval = approvals.ask(change, action, about, request | {"rows_sha256": notice.sha256}, why)
        registered = replace(numbered, approval_id=approval.approval_id)
        change.add(
            Verb.NOTICE_DRAFTED,
            registered,
            number=registered.number,
            kind=notice.kind.value,
            rows=notice.asks,
            rows_sha256=notice.sha256,
        )
        made.append(registered)
    return made


def _make_number(tables: Tables, notice: Notice, facts: approvals.Request) -> str:
    """Return `FIR 12/2026, notice 3`, counted within the case."""
    before = len(tables[Notice].select(case_id=notice.case_id))
    return f"{facts['case']}, notice {before + 1}"


def approve_drafted(change: Change, approval: Approval) -> Notice:
    """Approve the notice of an approval, in the transaction of the decision. Raises UsageError."""
    notice = _find_by_approval(change, approval)
    if json.loads(approval.request_json)["rows_sha256"] != notice.sha256:
        raise UsageError(
            f"the rows of notice {notice.number} changed after approval was asked for", hint="draft it again"
        )
    approved = replace(change_state(notice, S.APPROVED), approved_at_us=change.now_us)
    change.put(Verb.NOTICE_APPROVED, approved, approval=approval.approval_id, rows_sha256=notice.sha256)
    return approved


def refuse_drafted(change: Change, approval: Approval) -> Notice:
    """Mark the notice of an approval as refused, in the transaction of the decision."""
    refused = change_state(_find_by_approval(change, approval), S.REFUSED)
    change.put(Verb.NOTICE_REFUSED, refused, why=approval.decided_why, approval=approval.approval_id)
    return refused


def _find_by_approval(change: Change, approval: Approval) -> Notice:
    notices = change.tables[Notice].select(approval_id=approval.approval_id)
    if len(notices) != 1:
        raise UsageError(f"no notice waits for the approval {approval.approval_id}", hint="sightline notices list")
    return notices[0]


def send(
    officer_session: OfficerSession, notice_id: str, how: str, at_us: int | None = None, due_us: int | None = None
) -> Notice:
    """Mark an approved notice as sent: how, when (default: now), and due date (default: end of the fifteenth day)."""
    with officer_session.change(Action.NOTICE_SEND, name_thing("notice", notice_id)) as change:
        notice = change_state(find_notice(change.tables, notice_id), S.SENT)
        sent_us = change.now_us if at_us is None else max(at_us, _choose_approved_us(notice, at_us))
        due = _compute_answer_due_us(sent_us) if due_us is None else due_us
        _require_order(notice, sent_us, due, change.now_us)
        sent = replace(notice, sent_at_us=sent_us, sent_how=how, due_at_us=due)
        change.put(Verb.NOTICE_SENT, sent, how=how, due_us=due)
    return sent


def list_approved_notices(officer_session: OfficerSession, case_id: str | None = None) -> list[Notice]:
    """Return approved notices that were not sent yet, of one case or all. Raises NotAllowed."""
    with officer_session.read(Action.NOTICE_VIEW, "notice:all", JournalVerb.VIEW_NOTICE) as tables:
        of = {} if case_id is None else {"case_id": case_id}
        return [notice for notice in tables[Notice].select(**of) if notice.state is S.APPROVED]


def _compute_answer_due_us(sent_us: int) -> int:
    """Return the end, in IST, of the last day for an answer."""
    return ((sent_us + IST_US) // DAY_US + DUE_DAYS + 1) * DAY_US - IST_US


def _choose_approved_us(notice: Notice, day_us: int) -> int:
    """Return the approval's instant, if that is within the day in India that begins at `day_us`, else `day_us`."""
    approved_us, is_day = notice.approved_at_us or day_us, (day_us + IST_US) % DAY_US == 0
    return approved_us if is_day and day_us <= approved_us < day_us + DAY_US else day_us


def _require_order(notice: Notice, sent_us: int, due_us: int, now_us: int) -> None:
    if sent_us > now_us:
        raise UsageError("the time of sending is in the future", hint="mark it as sent after it was sent")
    if notice.approved_at_us is not None and sent_us < notice.approved_at_us:
        raise UsageError("the time of sending is before the approval", hint="send only approved notices")
    if due_us <= sent_us:
        raise UsageError("the answer is due before the notice was sent", hint="give a later day with --due")


def close(officer_session: OfficerSession, notice_id: str, why: str) -> Notice:
    """Close a notice: nothing more of it is awaited."""
    with officer_session.change(Action.NOTICE_SEND, name_thing("notice", notice_id)) as change:
        notice = change_state(find_notice(change.tables, notice_id), S.CLOSED)
        closed = replace(notice, closed_at_us=change.now_us, closed_why=why)
        change.put(Verb.NOTICE_CLOSED, closed, why=why)
    return closed


def update_from_replies(change: Change, notice_id: str, to: NoticeState) -> Notice:
    """Set the state of a notice by its replies, in the caller's transaction, and return it.

    The state is sent (no reply), answered in part, or answered.
    """
    notice = change_state(find_notice(change.tables, notice_id), to)
    change.put(Verb.NOTICE_ANSWERED, notice, now=to.value)
    return notice


def is_overdue(notice: Notice, now_us: int) -> bool:
    """Return whether an answer is still awaited after its due day."""
    return notice.state in WAITING and notice.due_at_us is not None and notice.due_at_us <= now_us


def find_notice(tables: Tables, text: str) -> Notice:
    """Return the notice with that id, number, or short id. Raises UsageError for none or several."""
    notice = tables[Notice].get(text)
    if notice is not None:
        return notice
    every = tables[Notice].select()
    notices = [notice for notice in every if notice.number == text or notice.number.endswith(f", notice {text}")]
    notices = notices or [notice for notice in every if is_short_for(text, notice.notice_id)]
    if len(notices) == 1:
        return notices[0]
    what = f"several notices are called {text}" if notices else f"there is no notice {text}"
    raise UsageError(what, hint="sightline notices list shows their ids")


def compute_due_day(at_us: int) -> str:
    """Return the last day of a term that ends at an instant."""
    return format_day_in_india(at_us - 1)
