"""A flag list opened for a scan, trusted and ready for matching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sightline.model import IndicatorKind, ListId
from sightline.stages.lists.model import Signature

Matchable = TypeVar("Matchable")


@dataclass(frozen=True, slots=True)
class OpenList(Generic[Matchable]):
    """An opened list. `matchable` is what the scan uses: the kernel's compiled list, or the oracle's indicators."""

    path: str
    list_id: ListId
    signature: Signature | None
    counts: Mapping[IndicatorKind, int]
    rejects: int
    matchable: Matchable

    @property
    def indicators(self) -> int:
        """Return the number of its indicators."""
        return sum(self.counts.values())

    @property
    def origin(self) -> str:
        """Return the list's source in words, as it must appear wherever the list is named."""
        return self.signature.origin if self.signature else "unsigned"
