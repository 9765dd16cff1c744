"""The content of small segments in one table for all of them, so that a rebuild spends little on each.

A live feed makes a small segment of each part, with a row or two. To open each alone takes most of the time of a first
rebuild, and to look each up alone most of the time of a later one. Hundreds of files are therefore read at once, and
the rows of all segments are kept in one table. A registered segment never changes, so what is read of it does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence, Set

import polars as pl

from sightline.errors import DamagedInput
from sightline.services.sessions import segment_cache
from sightline.services.sessions.segment_cache import SegmentFile, SegmentKey

FILES = 1 << 8
"""How many files are read at once."""
COUNTED = {"of": pl.UInt32(), "rows": pl.UInt32()}
Learn = Callable[[Sequence[SegmentFile]], pl.DataFrame]
"""Reads some segments, and returns rows with `of`: the position of the segment among them. Equal columns each time."""


class SmallSegments:
    """Rows of segments that are remembered by a process. What else they follow from is the key of a segment."""

    def __init__(self) -> None:
        self._codes: dict[SegmentKey, tuple[Hashable, int]] = {}
        self._rows: pl.DataFrame | None = None
        self._next_code, self._charged = 0, 0
        self._lock = threading.Lock()

    def collect(
        self, segments: Sequence[SegmentFile], learn: Learn, keys: Sequence[Hashable] | None = None
    ) -> pl.DataFrame:
        """Return the rows of all segments, in order, with `at`: the position of the segment. There is one at least."""
        names = [segment_file.key for segment_file in segments]
        with self._lock:
            coded = list(map(self._codes.get, names))
            if keys is not None and self._drop_others(names, coded, keys):
                coded = list(map(self._codes.get, names))
            new = [at for at, known in enumerate(coded) if known is None]
            beside = []
            for start in range(0, len(new), FILES):
                places = new[start : start + FILES]
                rows = learn([segments[at] for at in places])
                if not self._keep([(names[at], None if keys is None else keys[at]) for at in places], rows):
                    beside.append(rows.with_columns(pl.Series("at", places, pl.UInt32).gather(rows["of"])).drop("of"))
            for at in new:
                coded[at] = self._codes.get(names[at])
            return self._gather(coded, beside)

    def _drop_others(
        self,
        names: Sequence[SegmentKey],
        coded: Sequence[tuple[Hashable, int] | None],
        keys: Sequence[Hashable],
    ) -> bool:
        """Forget the rows of segments that follow from something else now. Return whether there were any."""
        others = [
            name
            for name, known, key in zip(names, coded, keys, strict=True)
            if known is not None and known[0] is not key and known[0] != key
        ]
        self._forget(others)
        return bool(others)

    def _keep(self, segments: Sequence[tuple[SegmentKey, Hashable]], rows: pl.DataFrame) -> bool:
        """Remember the rows of segments, unless too many are remembered already. Return whether they are."""
        charge = _charge(len(segments), len(rows))
        if self._charged + charge > segment_cache.ROWS:
            return False
        self._charged += charge
        first = self._next_code
        self._next_code += len(segments)
        self._codes.update((segment, (key, first + at)) for at, (segment, key) in enumerate(segments))
        mine = rows.with_columns((pl.col("of") + first).cast(pl.UInt32).alias("code")).drop("of")
        self._rows = mine if self._rows is None else pl.concat([self._rows, mine], rechunk=True)
        return True

    def _gather(self, coded: Sequence[tuple[Hashable, int] | None], beside: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Return the remembered rows of the segments that have a code, and those beside them, by position."""
        parts = [*beside]
        if self._rows is not None:
            codes = pl.Series("code", [None if known is None else known[1] for known in coded], dtype=pl.UInt32)
            places = codes.to_frame().with_row_index("at").drop_nulls()
            parts.append(self._rows.join(places, on="code", maintain_order="left").drop("code"))
        return pl.concat([part.select(parts[0].columns) for part in parts]).sort("at", maintain_order=True)

    def forget_others(self, runs: Set[str]) -> None:
        """Forget the segments of all runs but these: they were purged, or no lead rests on them any more."""
        with self._lock:
            self._forget([segment for segment in self._codes if segment[0] not in runs])

    def clear(self) -> None:
        """Forget all rows."""
        self.forget_others(frozenset())

    def _forget(self, segments: Sequence[SegmentKey]) -> None:
        if not segments or self._rows is None:
            return
        gone = pl.Series([self._codes.pop(segment)[1] for segment in segments], dtype=pl.UInt32)
        self._rows = self._rows.filter(~pl.col("code").is_in(gone.implode())).rechunk()
        self._charged = _charge(len(self._codes), len(self._rows))
        if not self._codes:
            self._rows = None


def _charge(segments: int, rows: int) -> int:
    """Return how many rows are remembered. The place of a segment among the others counts, too."""
    return segment_cache.LEAST_ROWS * segments + rows


def read_together(segments: Sequence[SegmentFile], columns: Sequence[str]) -> pl.DataFrame:
    """Return columns of all rows of some segments, in order, with `of`: the position of the row's segment."""
    lengths = [segment_file.rows for segment_file in segments]
    paths = [segment_file.path for segment_file in segments]
    try:
        rows = pl.scan_parquet(paths).select(columns).collect()
    except pl.exceptions.SchemaError:
        # Segments of an older version may differ in their types.
        each = [pl.scan_parquet(path).select(columns).collect() for path in paths]
        rows = pl.concat(each, how="vertical_relaxed")
    if len(rows) != sum(lengths):
        raise DamagedInput(
            f"{segments[0].file}, or a file read with it, has other rows than are registered",
            hint="sightline verify names all that is wrong",
        )
    return rows.with_columns(repeat_positions(lengths))


def repeat_positions(lengths: Sequence[int]) -> pl.Series:
    """Return `of`: each position as often as its length says."""
    counted = pl.DataFrame({"of": range(len(lengths)), "rows": lengths}, schema=COUNTED)
    return counted.select(pl.col("of").repeat_by("rows").explode(empty_as_null=False)).to_series()
