"""What a verification finds: each thing that is not as it was, and how much was looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """The parts of the record that are verified."""

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
    """One thing that is not as it was: in which part, which, and what is wrong with it."""

    part: Part
    where: str
    what: str


@dataclass(slots=True)
class Report:
    """What was found, what could not be looked at, and how much was verified, by part."""

    findings: list[Finding] = field(default_factory=list)
    absent: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    counts: Counter[Part] = field(default_factory=Counter)
    hashed_bytes: int = 0

    def wrong(self, part: Part, where: str, what: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(part, where, what))

    def missing(self, part: Part, where: str, what: str) -> None:
        """Note what is not at hand, and is no fault for that."""
        self.absent.append(Finding(part, where, what))

    def note(self, part: Part, where: str, what: str) -> None:
        """Note what is as it was, and what no verification can prove."""
        self.notes.append(Finding(part, where, what))

    @property
    def holds(self) -> bool:
        """Whether all that was looked at is as it was."""
        return not self.findings
