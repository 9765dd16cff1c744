"""The second request: who the numbers are that the replies to a notice for records named beyond doubt."""

from __future__ import annotations

from sightline.casework.acting import Desk
from sightline.engines.noticing.drafting import DraftRequest, draft
from sightline.engines.resolving.numbers import numbers_for
from sightline.record.store.rows import Notice
from sightline.records import NoticeKind


def follow(desk: Desk, notice: Notice, why: str) -> Notice | None:
    """The draft that follows an answered notice; None where nobody is left to be asked about. Raises UsageError."""
    numbers = numbers_for(desk.workspace, notice) if notice.sent_at_us else None
    if numbers is None or numbers.is_empty():
        return None
    request = DraftRequest(notice.case_id, NoticeKind.SUBSCRIBERS, rows=numbers, follows=notice.notice_id, why=why)
    return draft(desk, request)
