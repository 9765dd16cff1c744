"""Leads whole, by their rows: of each file only the row groups in which they lie are read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import polars as pl

from sightline.engines.leading.damage import telling
from sightline.engines.leading.reading import Leads, Told
from sightline.record.workspace import Workspace


class Rows:
    """The rows of a generation's files, numbered through; what a file says of its columns is read once."""

    def __init__(self, workspace: Workspace, read: Leads) -> None:
        self.read, self._workspace = read, workspace
        self._files = [pl.scan_parquet(path) for path in read.files["leads"]]
        heights = pl.collect_all([one.select(pl.len()) for one in self._files])
        self._begins = [0, *accumulate(int(one.item()) for one in heights)]
        for one in self._files:
            one.collect_schema()

    def told(self, rows: Sequence[int]) -> tuple[Told, ...]:
        """The leads of these rows, in this order."""
        if not rows:
            return ()
        with telling(self._workspace, self.read.generation):
            found = pl.concat(pl.collect_all(list(self._slices(sorted(rows)))))
            by_id = {one["lead_id"]: one for one in self.read.told(self.read.standing(found.lazy()))}
        ids = dict(zip(sorted(rows), found["lead_id"], strict=True))
        return tuple(by_id[ids[row]] for row in rows)

    def _slices(self, rows: Sequence[int]) -> Iterator[pl.LazyFrame]:
        """Yield the rows, in order; those that follow each other in a file at once."""
        first = 0
        for at, row in enumerate(rows):
            file = bisect_right(self._begins, row) - 1
            is_last = at + 1 == len(rows) or rows[at + 1] != row + 1 or rows[at + 1] >= self._begins[file + 1]
            if is_last:
                yield self._files[file].slice(rows[first] - self._begins[file], at + 1 - first)
                first = at + 1
