"""Decide which data sets apply to a visit: from their date until the next of the same name, with a maximum age."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sightline.stages.enrich.model import DAY_US, DataSet


def find_validity(one: DataSet, sets: Sequence[DataSet]) -> tuple[int, int]:
    """Return the half-open time in which a data set is valid."""
    later = [
        other.dated_us
        for other in sets
        if (other.kind, other.name) == (one.kind, one.name) and other.dated_us > one.dated_us
    ]
    return one.dated_us, min([one.dated_us + one.speaks_for_days * DAY_US, *later])


@dataclass(frozen=True, slots=True)
class Epochs:
    """All instants at which some data set begins or ends to be valid. Between two of them nothing changes."""

    cuts: pl.Series
    spans: dict[int, tuple[int, int]]

    @classmethod
    def from_sets(cls, sets: Sequence[DataSet]) -> Epochs:
        """Return the epochs of data sets, which are identified by their position."""
        spans = {place: find_validity(one, sets) for place, one in enumerate(sets)}
        return cls(pl.Series(sorted({at for both in spans.values() for at in both}), dtype=pl.Int64), spans)

    def number(self, at: pl.Series) -> pl.Series:
        """Return the epoch of each instant."""
        return self.cuts.search_sorted(at, side="right").cast(pl.UInt32)

    def find_epochs(self, place: int) -> range:
        """Return the epochs in which a data set is valid."""
        cuts = self.cuts.to_list()
        begin, end = (bisect_left(cuts, at) for at in self.spans[place])
        return range(begin + 1, end + 1)

    def list_touching(self, places: Sequence[int], first: int, last: int) -> list[int]:
        """Return the data sets that are valid for any part of a visit from one epoch to another."""
        return [place for place in places if _meet(self.find_epochs(place), first, last)]

    def list_covering(self, sets: Sequence[DataSet], places: Sequence[int], first: int, last: int) -> list[int]:
        """Return the data sets whose name covers the whole visit, in consecutive editions."""
        touching = self.list_touching(places, first, last)
        spoken: dict[str, set[int]] = {}
        for place in touching:
            spoken.setdefault(sets[place].name, set()).update(self.find_epochs(place))
        wanted = range(first, last + 1)
        return [place for place in touching if spoken[sets[place].name].issuperset(wanted)]


def _meet(spoken: range, first: int, last: int) -> bool:
    return bool(spoken) and spoken[0] <= last and first <= spoken[-1]
