"""Findings of a verification: everything that was altered, and how much was checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
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
class Finding:
    """One thing that was altered: its part, its name, and what is wrong with it."""

    part: Part
    where: str
    what: str


@dataclass(slots=True)
class Report:
    """What was found, what could not be checked, and how much was verified, by part."""

    findings: list[Finding] = field(default_factory=list)
    absent: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    counts: Counter[Part] = field(default_factory=Counter)
    hashed_bytes: int = 0

    def wrong(self, part: Part, where: str, what: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(part, where, what))

    def missing(self, part: Part, where: str, what: str) -> None:
        """Note what is not available, which is no fault in itself."""
        self.absent.append(Finding(part, where, what))

    def note(self, part: Part, where: str, what: str) -> None:
        """Note what is intact, and what no verification can prove."""
        self.notes.append(Finding(part, where, what))

    @property
    def is_intact(self) -> bool:
        """Return whether everything that was checked is intact."""
        return not self.findings
