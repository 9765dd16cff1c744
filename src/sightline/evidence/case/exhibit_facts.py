"""Facts about an exhibit that its hits do not contain. The caller that has the database provides them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.storage.rows import Authority, Case, Custody, Holding, Officer, Run, Segment, Source


@dataclass(frozen=True, slots=True)
class RunProvenance:
    """A run with its manifest and sealed segments.

    `issuers`: the issuers whose lists' hits count here; for other issuers newer runs do, `superseded_by`.
    """

    run: Run
    manifest: Mapping[str, Any]
    segments: tuple[Segment, ...]
    issuers: tuple[str, ...]
    superseded_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerPositions:
    """Ledger positions of things: the index of each thing's entry, in the tree of a checkpoint."""

    origin: str
    size: int
    root: str
    entries: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExhibitProvenance:
    """An exhibit's registration and provenance.

    `scope` describes the included rows in words, where they are not all. Officers' free texts (names, places, reasons,
    file names) are then left out, because they may be about other people: officers appear by role and designation.
    """

    exhibit_sha256: str
    cases: tuple[Case, ...]
    authorities: tuple[Authority, ...]
    sources: tuple[Source, ...]
    holdings: tuple[Holding, ...]
    custody: tuple[Custody, ...]
    officers: Mapping[str, Officer]
    runs: tuple[RunProvenance, ...]
    ledger: LedgerPositions
    scope: str | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether it covers all rows, and so suits only recipients who may know of everyone in them."""
        return self.scope is None
