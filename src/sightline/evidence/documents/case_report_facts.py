"""Plain values for the report of a case. The texts are already in the language of the report.

Addresses and identities in them are masked, unless the report says that identities were opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sightline.evidence.documents.document_facts import CaseFacts, LedgerFacts, ProgramFacts


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column of a table: its heading, its width as a part of the page, and whether it holds numbers."""

    head: str
    part: int
    is_number: bool = False


Cell: TypeAlias = tuple[str, ...]
"""The lines of a cell."""


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """A part of the file: its table, the number of rows there are, a remark, and what is said of an empty one."""

    title: str
    total: int
    columns: tuple[ColumnFacts, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CaseReportFacts:
    """All facts of the report of a case. `masks`: what is masked or left out, and why. `stamp`: of an exercise."""

    title: str
    case: CaseFacts
    stamp: str | None
    facts: tuple[tuple[str, str], ...]
    masks_title: str
    masks: tuple[str, ...]
    sections: tuple[SectionFacts, ...]
    creed: str
    ledger: LedgerFacts | None
    program: ProgramFacts
    made_at_utc: datetime
