"""Plain values for a notice to a licensee or a reminder, as `document_facts.py` has them for certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sightline.evidence.documents.document_facts import CaseFacts, FileFacts, LedgerFacts, ProgramFacts

MOST_ROWS = 500
"""Rows printed on a page. The attached file has all."""


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """The instant in a row, to the microsecond if it has any, in both zones."""

    utc: str
    ist: str


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One row. `what` is the address, or the number in a notice for subscribers, whose kind is `number_kind`."""

    row_id: str
    what: str
    since: TimeFacts
    until: TimeFacts
    port: str | None = None
    destination: str | None = None
    uncertainty_s: int | None = None
    number_kind: str | None = None
    sessions: int | None = None


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """An approval: the approver's rank, the time, and the approval's id."""

    id: str
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """All facts of a notice.

    `stamp`: `draft`, `refused` or None; `law`: `bnss` or `crpc`; `rows`: the first ones, none for a reminder; `count`:
    all; `csv`: the attached file; `rows_sha256`: the digest of the approved rows; `is_urgent`: about a child in
    danger. Days are texts.
    """

    number: str
    stamp: str | None
    is_exercise: bool
    law: str
    case: CaseFacts
    investigating_officer: str
    officer_in_charge: str | None
    drafted_by: str
    drafted_at_utc: datetime
    approval: ApprovalFacts | None
    licensee: str
    address: str
    circle: str | None
    follows: str | None
    days: str
    keep_until: str | None
    is_of_numbers: bool
    count: int
    rows: tuple[RowFacts, ...]
    csv: FileFacts
    rows_sha256: str
    ledger: LedgerFacts | None
    program: ProgramFacts
    made_at_utc: datetime
    sent_on: str | None = None
    due_on: str | None = None
    is_urgent: bool = False

    @property
    def is_cut(self) -> bool:
        """Return whether there are more rows than the page prints."""
        return len(self.rows) < self.count
