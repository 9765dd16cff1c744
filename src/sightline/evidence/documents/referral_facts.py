"""Plain values for a referral's letter and lead sheets, as `document_facts.py` has them for certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sightline.evidence.documents.document_facts import CaseFacts, FileFacts, LedgerFacts, ProgramFacts
from sightline.evidence.documents.notice_facts import ApprovalFacts
from sightline.stages.report.lead_account import LeadAccount

MOST_SHEETS = 200
"""Lead sheets printed in a PDF. The attached files have all."""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """One lead: its number and id, its band, and its account with whole addresses."""

    number: str
    lead_id: str
    priority: str
    said: LeadAccount


@dataclass(frozen=True, slots=True)
class SheetsFacts:
    """The first lead sheets of a referral. `count` covers all. `ledger`: the entry of their generation."""

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
        """Return whether there are more leads than the PDF prints."""
        return len(self.sheets) < self.count


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The force's request. Days and states are texts; `valid_until`, `since`, `until` None is no bound."""

    case_number: str
    authority: str
    valid_until: str | None
    document_sha256: str
    received_on: str
    states: str
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """All facts of the letter of a referral.

    `stamp`: `draft`, `refused`, `recalled` or None; `files`: the attached files; `content_sha256`: the digest of the
    approved content; `key`: the unit's minisign key, for a comparison over another channel.
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
