"""Approve a notice as its second officer, and mark it as sent."""

from __future__ import annotations

from sightline.casework import decisions, notices
from sightline.casework.officer_session import OfficerSession
from sightline.storage.rows import Notice


def approve(second: OfficerSession, notice: Notice, why: str) -> Notice:
    """Approve a draft as its second officer, and return the updated notice. Raises NotAllowed, UsageError."""
    assert notice.approval_id is not None, "a draft asks for its approval at once"
    decisions.decide(second, notice.approval_id, give=True, why=why)
    with second.workspace.reading() as tables:
        return notices.notice_of(tables, notice.notice_id)


def mark_sent(
    officer_session: OfficerSession, notice: Notice, how: str, at_us: int | None = None, due_us: int | None = None
) -> Notice:
    """Mark an approved notice as sent."""
    return notices.send(officer_session, notice.notice_id, how, at_us, due_us)
