"""A flag list opened for a scan, trusted and ready to be matched against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sightline.model import IndicatorKind, ListId
from sightline.stages.lists.model import Signature

Matchable = TypeVar("Matchable")


@dataclass(frozen=True, slots=True)
class OpenList(Generic[Matchable]):
    """`matchable` is what the scan matches against: the kernel's compiled list, or the oracle's indicators."""

    path: str
    list_id: ListId
    signature: Signature | None
    counts: Mapping[IndicatorKind, int]
    rejects: int
    matchable: Matchable

    @property
    def indicators(self) -> int:
        """How many indicators it holds."""
        return sum(self.counts.values())

    @property
    def origin(self) -> str:
        """Whose list it is, in words, as it must stand wherever the list is named."""
        return self.signature.origin if self.signature else "unsigned"
