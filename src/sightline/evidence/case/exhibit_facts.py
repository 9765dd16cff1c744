"""What the record knows of an exhibit and its hits do not tell; whoever holds the database fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.storage.rows import Authority, Case, Custody, Holding, Officer, Run, Segment, Source


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with its manifest and sealed segments.

    `issuers`: of whose lists its hits count; of the others newer runs do, `superseded_by`.
    """

    run: Run
    manifest: Mapping[str, Any]
    segments: tuple[Segment, ...]
    issuers: tuple[str, ...]
    superseded_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """Where the ledger has the things: the index of their entry by thing, in the tree of a checkpoint."""

    origin: str
    size: int
    root: str
    entries: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExhibitFacts:
    """An exhibit's place in the record.

    `scope` says in words which rows there are, where they are not all. Then nothing is told that an officer wrote in
    own words (names, places, reasons, file names), for it may be of others: officers are told by role and designation.
    """

    exhibit_sha256: str
    cases: tuple[Case, ...]
    authorities: tuple[Authority, ...]
    sources: tuple[Source, ...]
    holdings: tuple[Holding, ...]
    custody: tuple[Custody, ...]
    officers: Mapping[str, Officer]
    runs: tuple[RunFacts, ...]
    ledger: LedgerFacts
    scope: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is of all rows, and so for those who may know of everybody in them."""
        return self.scope is None
