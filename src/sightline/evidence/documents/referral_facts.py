"""What the papers of a referral say: its letter, and its lead sheets; plain values, as `facts.py` has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sightline.evidence.documents.facts import CaseFacts, FileFacts, LedgerFacts, ProgramFacts
from sightline.evidence.documents.notice_facts import ApprovalFacts
from sightline.stages.report.account import Account

MOST_SHEETS = 200
"""How many lead sheets a PDF prints; the files beside it have all."""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """One lead: its id, its band, and the account of it, addresses whole."""

    lead_id: str
    priority: str
    said: Account


@dataclass(frozen=True, slots=True)
class SheetsFacts:
    """The lead sheets of a referral: the first ones; `count` is of all. `ledger`: the entry of their generation."""

    number: str
    case: CaseFacts
    force: str
    is_exercise: bool
    sheets: tuple[SheetFacts, ...]
    count: int
    ledger: LedgerFacts | None
    program: ProgramFacts
    made_at_utc: datetime

    @property
    def is_cut(self) -> bool:
        """Whether there are more leads than the PDF prints."""
        return len(self.sheets) < self.count


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the force asked for. Days and states are texts; `since`, `until` None is no bound."""

    case_number: str
    authority: str
    document_sha256: str
    received_on: str
    states: str
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """All that the letter of a referral says.

    `stamp`: `draft`, `refused`, `recalled` or None; `files`: those that go with it; `content_sha256`: what was
    approved; `key`: of the unit's minisign key, to compare by another way.
    """

    number: str
    stamp: str | None
    is_exercise: bool
    case: CaseFacts
    drafted_by: str
    drafted_at_utc: datetime
    approval: ApprovalFacts | None
    force: str
    code: str
    states: str
    request: RequestFacts | None
    why: str
    count: int
    rows: int
    files: tuple[FileFacts, ...]
    content_sha256: str
    key: str
    ledger: LedgerFacts | None
    program: ProgramFacts
    made_at_utc: datetime
