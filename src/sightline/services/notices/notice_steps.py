"""Steps of a notice after its draft: approval, dispatch, and the second request about numbers that replies named."""

from __future__ import annotations

from sightline.casework import decisions
from sightline.casework.notices import notices
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.model import NoticeKind
from sightline.services.notices.asked_numbers import find_unasked_numbers
from sightline.services.notices.drafts import NoticeDraftRequest, draft_notice
from sightline.storage.rows import Notice


def approve_notice(second: OfficerSession, notice: Notice, why: str) -> Notice:
    """Approve a draft as its second officer, and return the updated notice. Raises NotAllowed, UsageError."""
    assert notice.approval_id is not None, "a draft asks for its approval at once"
    decisions.decide(second, notice.approval_id, give=True, why=why)
    with second.workspace.read() as tables:
        return notices.find_notice(tables, notice.notice_id)


def mark_sent(
    officer_session: OfficerSession, notice: Notice, how: str, at_us: int | None = None, due_us: int | None = None
) -> Notice:
    """Mark an approved notice as sent."""
    return notices.send(officer_session, notice.notice_id, how, at_us, due_us)


def follow_up_notice(officer_session: OfficerSession, notice: Notice, why: str) -> Notice | None:
    """Draft the notice that follows an answered one. Returns None if no number is left to ask about.

    Raises UsageError.
    """
    numbers = find_unasked_numbers(officer_session.workspace, notice) if notice.sent_at_us else None
    if numbers is None or numbers.is_empty():
        return None
    request = NoticeDraftRequest(
        notice.case_id, NoticeKind.SUBSCRIBERS, rows=numbers, follows=notice.notice_id, why=why
    )
    return draft_notice(officer_session, request)
