"""Findings of a verification: everything that was altered, and how much was checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class VerifiedPart(StrEnum):
    """The parts of the workspace that are verified."""

    LEDGER = "ledger"
    JOURNAL = "journal"
    CHECKPOINT = "checkpoint"
    THING = "thing"
    SEGMENT = "segment"
    LIST = "list"
    DATASET = "dataset"
    LEADS = "leads"
    REPLIES = "replies"
    EXHIBIT = "exhibit"


@dataclass(frozen=True, slots=True)
class VerificationFinding:
    """One thing that was altered: its part, its name, and what is wrong with it."""

    part: VerifiedPart
    where: str
    what: str


@dataclass(slots=True)
class VerificationReport:
    """The result of a verification: findings, what could not be checked, and how much was verified, by part."""

    findings: list[VerificationFinding] = field(default_factory=list)
    absent: list[VerificationFinding] = field(default_factory=list)
    notes: list[VerificationFinding] = field(default_factory=list)
    counts: Counter[VerifiedPart] = field(default_factory=Counter)
    hashed_bytes: int = 0

    def add_finding(self, part: VerifiedPart, where: str, what: str) -> None:
        """Add a finding."""
        self.findings.append(VerificationFinding(part, where, what))

    def note_missing(self, part: VerifiedPart, where: str, what: str) -> None:
        """Note what is not available, which is no fault in itself."""
        self.absent.append(VerificationFinding(part, where, what))

    def note(self, part: VerifiedPart, where: str, what: str) -> None:
        """Note what is intact, and what no verification can prove."""
        self.notes.append(VerificationFinding(part, where, what))

    @property
    def is_intact(self) -> bool:
        """Return whether everything that was checked is intact."""
        return not self.findings
