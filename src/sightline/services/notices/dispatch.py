"""A notice goes out: approved by its second officer, marked as sent."""

from __future__ import annotations

from sightline.casework import decisions, notices
from sightline.casework.officer_session import Desk
from sightline.storage.rows import Notice


def approve(second: Desk, notice: Notice, why: str) -> Notice:
    """Approve a draft as its second officer; gives it as the record has it now. Raises NotAllowed, UsageError."""
    assert notice.approval_id is not None, "a draft asks for its approval at once"
    decisions.decide(second, notice.approval_id, give=True, why=why)
    with second.workspace.reading() as shelves:
        return notices.notice_of(shelves, notice.notice_id)


def mark_sent(desk: Desk, notice: Notice, how: str, at_us: int | None = None, due_us: int | None = None) -> Notice:
    """Mark an approved notice as sent."""
    return notices.send(desk, notice.notice_id, how, at_us, due_us)
