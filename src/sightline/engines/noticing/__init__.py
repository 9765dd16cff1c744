"""Notices to licensees: their rows gathered from leads and segments, drafted, approved, written out."""

from __future__ import annotations

from sightline.casework import deciding, notices
from sightline.casework.acting import Desk
from sightline.engines.noticing.drafting import DraftRequest, draft, draft_all
from sightline.engines.noticing.kept import rows_of
from sightline.record.store.rows import Notice

__all__ = ["DraftRequest", "approve", "draft", "draft_all", "mark_sent", "rows_of"]


def approve(second: Desk, notice: Notice, why: str) -> Notice:
    """Approve a draft as its second officer; gives it as the record has it now. Raises NotAllowed, UsageError."""
    assert notice.approval_id is not None, "a draft asks for its approval at once"
    deciding.decide(second, notice.approval_id, give=True, why=why)
    with second.workspace.reading() as shelves:
        return notices.notice_of(shelves, notice.notice_id)


def mark_sent(desk: Desk, notice: Notice, how: str, at_us: int | None = None, due_us: int | None = None) -> Notice:
    """Mark an approved notice as sent."""
    return notices.send(desk, notice.notice_id, how, at_us, due_us)
