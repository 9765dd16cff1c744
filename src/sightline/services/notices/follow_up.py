"""Draft the second request, about the holders of the numbers that replies named beyond doubt."""

from __future__ import annotations

from sightline.casework.officer_session import OfficerSession
from sightline.model import NoticeKind
from sightline.services.notices.asked_numbers import numbers_for
from sightline.services.notices.drafts import DraftRequest, draft
from sightline.storage.rows import Notice


def follow(officer_session: OfficerSession, notice: Notice, why: str) -> Notice | None:
    """Draft the notice that follows an answered one. Returns None if no number is left to ask about.

    Raises UsageError.
    """
    numbers = numbers_for(officer_session.workspace, notice) if notice.sent_at_us else None
    if numbers is None or numbers.is_empty():
        return None
    request = DraftRequest(notice.case_id, NoticeKind.SUBSCRIBERS, rows=numbers, follows=notice.notice_id, why=why)
    return draft(officer_session, request)
