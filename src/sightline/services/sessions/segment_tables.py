"""Keep tables of small segments in the memory of a process, many of them joined into one.

A table of thirty columns takes 30 kB, even if it has one row, as that of most parts of a feed. Joined, a row takes less
than 1 kB. A slice of a table takes 10 kB while it is used. Slices are therefore gathered by the numbers of their rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import polars as pl

from sightline.services.sessions.segment_cache import SegmentKey, SegmentMemory

JOINED = 1 << 7
"""How many tables wait until they are joined."""
MOST_BESIDE = 8
"""Rows for one that is wanted: tables with more than these are not copied to gather from them."""


@dataclass(slots=True)
class TableSlice:
    """Some rows of a table that may have the rows of other segments too. `place`: the table, and the first row."""

    place: tuple[pl.DataFrame, int]
    length: int

    @property
    def rows(self) -> pl.DataFrame:
        """Return the rows, without a copy."""
        table, offset = self.place
        return table.slice(offset, self.length)


class SegmentTables:
    """Tables of segments: as `SegmentMemory`, with the same limit of rows."""

    def __init__(self) -> None:
        self._slices: SegmentMemory[TableSlice] = SegmentMemory()
        self._waiting: list[TableSlice] = []

    def find(self, segment: SegmentKey, key: Hashable = None) -> TableSlice | None:
        """Return the table of a segment, or None if it is not known."""
        return self._slices.find(segment, key)

    def put(self, segment: SegmentKey, key: Hashable, rows: int, table: pl.DataFrame) -> TableSlice:
        """Return a table, which is remembered unless too many rows are remembered already."""
        table_slice = TableSlice((table, 0), len(table))
        if self._slices.put(segment, key, rows, table_slice):
            self._waiting.append(table_slice)
        if len(self._waiting) >= JOINED:
            _join_slices(self._waiting)
            self._waiting = []
        return table_slice

    def forget_others(self, runs: Iterable[str]) -> None:
        """Forget the segments of all runs but these. Joined tables are divided if half of their rows are forgotten."""
        if not self._slices.forget_others(runs):
            return
        slices = list(self._slices)
        tables = {id(table): len(table) for table, _ in (table_slice.place for table_slice in slices)}
        if sum(tables.values()) > 2 * sum(table_slice.length for table_slice in slices):
            for at in range(0, len(slices), JOINED):
                _join_slices(slices[at : at + JOINED])
            self._waiting = []

    def clear(self) -> None:
        """Forget all tables."""
        self.forget_others(())
        self._waiting = []


def concat_slices(slices: Sequence[TableSlice]) -> pl.DataFrame:
    """Return the rows of one slice or more, of equal columns, in order."""
    places = [table_slice.place for table_slice in slices]
    tables = list({id(table): table for table, _ in places}.values())
    if sum(map(len, tables)) > MOST_BESIDE * sum(table_slice.length for table_slice in slices):
        return pl.concat([table_slice.rows for table_slice in slices], rechunk=True)
    firsts = dict(zip(map(id, tables), accumulate(map(len, tables), initial=0), strict=False))
    starts = pl.Series([firsts[id(table)] + offset for table, offset in places], dtype=pl.UInt32)
    lengths = pl.Series([table_slice.length for table_slice in slices], dtype=pl.UInt32)
    rows = pl.select(pl.int_ranges(starts, starts + lengths, dtype=pl.UInt32).explode(empty_as_null=False)).to_series()
    return pl.concat(tables, rechunk=True)[rows]


def _join_slices(slices: Sequence[TableSlice]) -> None:
    """Let slices of equal columns be of one table that has only their rows."""
    alike: dict[Hashable, list[TableSlice]] = {}
    for table_slice in slices:
        alike.setdefault(tuple(table_slice.place[0].schema.items()), []).append(table_slice)
    for some in alike.values():
        whole, offset = concat_slices(some), 0
        for table_slice in some:
            table_slice.place = whole, offset
            offset += table_slice.length
