"""Officers as documents name them, and the approval of the second one."""

from __future__ import annotations

from sightline.evidence.documents.notice_facts import ApprovalFacts
from sightline.ledger.instants import to_instant
from sightline.storage.rows import Approval, Officer
from sightline.storage.table import Tables


def format_officer(officer: Officer) -> str:
    """Return name, designation and role."""
    return ", ".join(filter(None, (officer.name, officer.designation, officer.role)))


def format_officer_id(tables: Tables, officer_id: str) -> str:
    """Return an officer by id as on paper, or the id itself if there is no such officer."""
    officer = tables[Officer].get(officer_id)
    return format_officer(officer) if officer else officer_id


def find_approval_facts(tables: Tables, approval_id: str | None, at_us: int | None) -> ApprovalFacts | None:
    """Return the approval that was given then, or None."""
    approval = tables[Approval].get(approval_id) if approval_id and at_us is not None else None
    if approval is None or approval.decided_by is None or at_us is None:
        return None
    return ApprovalFacts(approval.approval_id, format_officer_id(tables, approval.decided_by), to_instant(at_us))
