"""The row groups of segments that have the hits of each address, and the division of addresses into parts.

Segments are sorted by address, so the first address of a row group says what it may contain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from sightline.services.sessions.segment_addresses import FEW
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.services.sessions.segment_tables import SegmentTables
from sightline.services.sessions.small_segments import SmallSegments, read_together
from sightline.stages.enrich.address_numbers import number_addresses
from sightline.stages.leads.sessions import BLOCK

MARKS = {"segment": pl.UInt32(), "row": pl.UInt32(), "number": pl.UInt128(), "weight": pl.UInt32()}
"""`weight`: about how many rows begin at a mark."""
BOUNDS = {"number": pl.UInt128(), "part": pl.UInt32()}
GROUP = 1 << 16
"""Rows of a row group of segments (`stages/scan/segments.py`)."""
STEP = 1 << 12
"""Rows between two addresses at which parts are divided. Groups of many segments begin at the same ones."""
BATCH = 1 << 20
"""Rows that are read at once, with texts."""
FIRST_ADDRESSES = SmallSegments()
ROW_MARKS = SegmentTables()


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Consecutive row groups of one segment."""

    segment: SegmentFile
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Division:
    """The division of all source addresses into parts that are joined one after the other.

    `bounds` has `number part`: where each part begins. `groups` has `segment row number group until part` of all row
    groups: the numbers of their first address and of the next group's, and the part in which they begin.
    """

    bounds: pl.DataFrame
    groups: pl.DataFrame

    def list_groups(self, parts: range) -> pl.DataFrame:
        """Return the row groups that may have hits of some consecutive parts."""
        if len(parts) == len(self.bounds):
            return self.groups
        begin = self.bounds.filter(pl.col("part") == parts.start)["number"]
        is_own = pl.col("part").is_between(parts.start, parts.stop - 1)
        reaches = (pl.col("part") < parts.start) & (pl.col("until") >= begin.first())
        return self.groups.filter(is_own | reaches)


def divide_addresses(
    segments: Sequence[SegmentFile], rows: int, wanted_rows: pl.DataFrame | None = None, *, has_ends: bool = False
) -> Division:
    """Return how addresses are divided into parts of about `rows` rows. `wanted_rows`: as in ReadContext.

    `has_ends`: look for the last address of each segment, so that fewer row groups may belong to later parts.
    """
    marks = _load_all_marks(segments).sort("number", "segment", "row")
    cuts = {0, *(number - number % BLOCK for number in _find_cuts(marks, rows))}
    bounds = pl.DataFrame({"number": sorted(cuts), "part": range(len(cuts))}, schema=BOUNDS)
    groups = marks.filter(pl.col("row") % GROUP == 0).with_columns((pl.col("row") // GROUP).alias("group"))
    if wanted_rows is not None:
        groups = _select_row_groups(groups, wanted_rows)
    following = pl.col("number").shift(-1).over("segment", order_by="group")
    ends = _find_ends(segments) if has_ends else pl.DataFrame(schema={"segment": pl.UInt32, "end": pl.UInt128})
    until = pl.coalesce(following, "end")
    # An address that is not known has the number 0.
    until = pl.when(until == 0).then(None).otherwise(until).fill_null(pl.lit((1 << 128) - 1, pl.UInt128))
    groups = groups.join(ends, on="segment", how="left", maintain_order="left")
    groups = groups.with_columns(until.alias("until")).drop("end")
    return Division(bounds, groups.join_asof(bounds, on="number", strategy="backward"))


def _find_cuts(marks: pl.DataFrame, rows: int) -> pl.Series:
    """Return the addresses where parts of about this number of rows begin."""
    whole = rows - rows % STEP if rows >= STEP else max(1, rows)
    weight = pl.col("weight").cast(pl.UInt64)
    part = (weight.cum_sum() - weight) // whole
    return marks.filter(part != part.shift(1, fill_value=0))["number"]


def _find_ends(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return `segment end`: the number of each segment's last address, null if it is not known."""
    last = [pl.scan_parquet(segment_file.path).select("source_ip").tail(1).collect() for segment_file in segments]
    frame = pl.DataFrame(
        {
            "segment": range(len(segments)),
            "source_ip": [table["source_ip"].first() if len(table) else None for table in last],
        },
        schema={"segment": pl.UInt32, "source_ip": pl.String},
    )
    rows = number_addresses(frame["source_ip"].drop_nulls().unique())
    numbers = rows.select(pl.col("address").alias("source_ip"), compute_address_number().alias("end"))
    return frame.join(numbers, on="source_ip", how="left").select("segment", "end")


def read_row_groups(segments: Sequence[SegmentFile], wanted_rows: pl.DataFrame) -> Iterator[list[RowGroups]]:
    """Yield the row groups that may hold one of these addresses (`source_ip`), in batches."""
    if segments:
        marks = _load_all_marks(segments).sort("number", "segment", "row")
        groups = marks.filter(pl.col("row") % GROUP == 0).with_columns((pl.col("row") // GROUP).alias("group"))
        yield from batch_row_groups(segments, _select_row_groups(groups, wanted_rows))


def _load_all_marks(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return the marks of all segments. Of a small one only its first row is one, and it is remembered."""
    small = [at for at, segment_file in enumerate(segments) if segment_file.is_small and segment_file.rows]
    rest = [_load_marks(at, segment_file) for at, segment_file in enumerate(segments) if not segment_file.is_small]
    frames = [pl.DataFrame(schema=MARKS)]
    if small:
        firsts = FIRST_ADDRESSES.collect([segments[at] for at in small], _read_firsts)
        places = pl.Series(small, dtype=pl.UInt32)
        rows = pl.Series([segments[at].rows for at in small], dtype=pl.UInt32)
        columns = {"segment": places, "row": pl.repeat(0, len(small), dtype=pl.UInt32, eager=True)}
        frames.append(pl.DataFrame({**columns, "number": firsts["number"], "weight": rows}))
    return pl.concat([*frames, *rest])


def _read_firsts(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return `of number`: the number of the first address of each segment, 0 if it is not known."""
    firsts = read_together(segments, ["source_ip"]).group_by("of", maintain_order=True).first()
    known_rows = number_addresses(firsts["source_ip"]).select(
        pl.col("address").alias("source_ip"),
        compute_address_number(),
    )
    beside = firsts.join(known_rows, on="source_ip", how="left", maintain_order="left")
    return beside.select("of", pl.col("number").fill_null(pl.lit(0, pl.UInt128)))


def _load_marks(at: int, segment: SegmentFile) -> pl.DataFrame:
    """Return MARKS of a segment, which are remembered."""
    known = ROW_MARKS.find(segment.key)
    if known is None:
        known = ROW_MARKS.put(segment.key, None, segment.rows // STEP + 1, _read_marks(segment))
    weight = pl.lit(STEP, pl.UInt32).alias("weight")
    return known.rows.select(pl.lit(at, pl.UInt32).alias("segment"), "row", "number", weight)


def _read_marks(segment: SegmentFile) -> pl.DataFrame:
    """Return `row` and `number` of each STEP-th row: the number of its address, or 0 if it is not known."""
    rows = pl.scan_parquet(segment.path).select("source_ip").with_row_index("row")
    firsts = rows.filter(pl.col("row") % STEP == 0).collect()
    known_rows = number_addresses(firsts["source_ip"]).select(
        pl.col("address").alias("source_ip"),
        compute_address_number(),
    )
    beside = firsts.join(known_rows, on="source_ip", how="left", maintain_order="left")
    return beside.select("row", pl.col("number").fill_null(pl.lit(0, pl.UInt128)))


def _select_row_groups(groups: pl.DataFrame, wanted_rows: pl.DataFrame) -> pl.DataFrame:
    """Return the row groups that can contain one of these addresses."""
    highest = pl.lit((1 << 128) - 1, pl.UInt128)
    until = pl.col("number").shift(-1).over("segment", order_by="group").fill_null(highest)
    nearest = number_addresses(wanted_rows["source_ip"]).select(compute_address_number().alias("wanted")).sort("wanted")
    met = groups.with_columns(until.alias("until")).join_asof(
        nearest, left_on="number", right_on="wanted", strategy="forward"
    )
    return met.filter(pl.col("wanted") <= pl.col("until")).select(groups.columns)


def select_addresses(rows: pl.LazyFrame, wanted_rows: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows of a segment with one of these addresses (`source_ip`, distinct).

    A filter for few addresses is applied while a file is read, so that no other row is decoded.
    """
    if len(wanted_rows) > FEW:
        return rows.join(wanted_rows.lazy(), on="source_ip", how="semi")
    return rows.filter(pl.col("source_ip").is_in(wanted_rows["source_ip"].implode()))


def compute_address_number() -> pl.Expr:
    """Return the number of an address from its two halves."""
    return (pl.col("hi").cast(pl.UInt128) * pl.lit(1 << 64, pl.UInt128) + pl.col("lo").cast(pl.UInt128)).alias("number")


def batch_row_groups(segments: Sequence[SegmentFile], groups: pl.DataFrame) -> Iterator[list[RowGroups]]:
    """Yield the row groups in batches. Adjacent groups of one segment become one range."""
    batch: list[RowGroups] = []
    rows = 0
    in_order = groups.sort("segment", "group")
    for at, group in zip(in_order["segment"].to_list(), in_order["group"].to_list(), strict=True):
        segment, offset = segments[at], group * GROUP
        length = min(GROUP, segment.rows - offset)
        last = batch[-1] if batch else None
        if last is not None and last.segment is segment and last.offset + last.length == offset:
            batch[-1] = RowGroups(segment, last.offset, last.length + length)
        else:
            batch.append(RowGroups(segment, offset, length))
        rows += length
        if rows >= BATCH:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch
