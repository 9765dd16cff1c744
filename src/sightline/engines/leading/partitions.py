"""Segments cut by address, so that a rebuild holds some millions of hits at a time, however many there are.

Segments are sorted by address; so a range of addresses is one stretch of rows in each.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.engines.leading.standing import Standing
from sightline.stages.enrich.numbers import numbered
from sightline.stages.leads.visits import READ

STEP = 1 << 14
"""How many rows lie between two addresses that are looked at to cut."""
ROWS = 4_000_000
"""How many rows a partition has, about."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A segment file at hand, of a run that stands; `source` and `exhibit` are ordinals."""

    standing: Standing
    path: Path
    rows: int
    source: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a segment that hold all of a range of addresses, and some before and after."""

    segment: Readable
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Partition:
    """A range of addresses, by number: from `first` until below `end`; None is no bound."""

    first: int | None
    end: int | None
    stretches: tuple[Stretch, ...]

    @property
    def rows(self) -> int:
        """How many rows are read for it, at most."""
        return sum(one.length for one in self.stretches)


def partitions(segments: Sequence[Readable], rows: int = ROWS) -> list[Partition]:
    """All rows of the segments that have an address, in ranges of addresses of about so many rows each."""
    marks = [_marks(one) for one in segments]
    if not marks:
        return []
    known = pl.concat([mark.select("number") for mark in marks]).drop_nulls().sort("number")["number"]
    every = max(1, rows // STEP)
    cuts = known.gather_every(every, every).unique(maintain_order=True).to_list()
    bounds = [None, *cuts, None]
    return [
        Partition(first, end, tuple(_stretches(segments, marks, first, end)))
        for first, end in itertools.pairwise(bounds)
    ]


def _marks(segment: Readable) -> pl.DataFrame:
    """Every so many rows of a segment `row` and the `number` of its address."""
    rows = pl.scan_parquet(segment.path).select("source_ip").with_row_index("row")
    texts = rows.filter(pl.col("row") % STEP == 0).collect()
    numbers = numbered(texts["source_ip"]).select("address", number())
    return texts.join(numbers, left_on="source_ip", right_on="address", how="left", maintain_order="left")


def number() -> pl.Expr:
    """An address's number, of its halves."""
    return (pl.col("hi").cast(pl.UInt128) * pl.lit(1 << 64, pl.UInt128) + pl.col("lo").cast(pl.UInt128)).alias("number")


def _stretches(
    segments: Sequence[Readable], marks: Sequence[pl.DataFrame], first: int | None, end: int | None
) -> list[Stretch]:
    found = []
    for segment, mark in zip(segments, marks, strict=True):
        numbers = mark["number"].fill_null(0)
        begin = 0 if first is None else max(0, int((numbers < first).sum()) - 1)
        stop = len(numbers) if end is None else int((numbers < end).sum())
        offset = begin * STEP
        length = min(segment.rows, stop * STEP) - offset
        if length > 0:
            found.append(Stretch(segment, offset, length))
    return found


def hits(partition: Partition, ordinals: pl.DataFrame) -> pl.DataFrame:
    """The hits of a partition, with `hi lo` and what is known of their runs.

    `ordinals` gives `exhibit`, the ordinal, of `exhibit_id member`.
    """
    parts = [_read(stretch, ordinals) for stretch in partition.stretches]
    found = pl.concat(parts, how="diagonal").collect(engine="streaming")
    known = numbered(found["source_ip"]).with_columns(number())
    bound = pl.col("number").is_not_null()
    if partition.first is not None:
        bound &= pl.col("number") >= pl.lit(partition.first, pl.UInt128)
    if partition.end is not None:
        bound &= pl.col("number") < pl.lit(partition.end, pl.UInt128)
    mine = known.filter(bound).select("hi", "lo", pl.col("address").alias("source_ip"))
    numbers = found.select("source_ip").join(mine, on="source_ip", how="left", maintain_order="left")
    placed = found.hstack(numbers.select("hi", "lo"))
    return placed if placed["hi"].null_count() == 0 else placed.filter(pl.col("hi").is_not_null())


def _read(stretch: Stretch, ordinals: pl.DataFrame) -> pl.LazyFrame:
    standing = stretch.segment.standing
    columns = [*READ, "issuer", *(["raw"] if standing.may_hold_headers else [])]
    rows = pl.scan_parquet(stretch.segment.path).select(columns).slice(stretch.offset, stretch.length)
    if standing.issuers is not None:
        rows = rows.filter(pl.col("issuer").is_in(standing.issuers))
    rows = rows.with_columns(
        pl.lit(stretch.segment.source, pl.UInt32).alias("source"),
        pl.lit(standing.is_zone_proven).alias("is_zone_proven"),
        pl.lit(standing.is_clock_backwards).alias("is_clock_backwards"),
        (_asks_ahead() if standing.may_hold_headers else pl.lit(False)).alias("is_prefetch"),
    ).drop("issuer", "raw", strict=False)
    mine = ordinals.filter(pl.col("exhibit_id") == standing.run.exhibit_id).select("member", "exhibit")
    if len(mine) == 1:
        return rows.with_columns(pl.lit(mine["exhibit"][0], pl.UInt32).alias("exhibit"))
    return rows.join(mine.lazy(), on="member", how="left", nulls_equal=True)


def _asks_ahead() -> pl.Expr:
    """Whether a frame holds `Sec-Purpose: prefetch` (Fetch standard), or the older `Purpose`, among its headers."""
    raw = pl.col("raw")
    return raw.bin.contains(b"urpose") & raw.bin.contains(b"prefetch")
