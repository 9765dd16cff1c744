"""Flatten nested ranges of addresses and times, where the narrowest applies, and write them as Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput
from sightline.model import DatasetKind
from sightline.stages.enrich.address_numbers import split_number
from sightline.stages.enrich.model import BEGINNING_US, FOREVER_US, build_schema

LAST_NUMBER = (1 << 128) - 1
ONE = pl.lit(1, dtype=pl.UInt128)
MOST_PIECES = 60_000_000
ROW_GROUP = 262_144


def flatten_ranges(ranges: pl.DataFrame) -> pl.DataFrame:
    """Return ranges without overlaps, by first address, then time.

    In an overlap the narrowest range applies, then the later row.

    `first`, `last` are 128-bit numbers, both included; `from_us`, `until_us` half-open, null is open. Rows without a
    time are flattened apart from the others. Equal neighbours are merged. Raises DamagedInput for implausibly many
    overlaps.
    """
    is_timed = pl.col("from_us").is_not_null() | pl.col("until_us").is_not_null()
    parts = [_flatten_overlaps(ranges.filter(chosen)) for chosen in (~is_timed, is_timed)]
    return pl.concat(parts).sort("first", "from_us", nulls_last=False, maintain_order=True)


def _flatten_overlaps(ranges: pl.DataFrame) -> pl.DataFrame:
    ordered = ranges.with_row_index("_row").sort("first", "from_us", maintain_order=True)
    overlaps = (ordered["first"] <= ordered["last"].shift(1)).any()
    if not overlaps:
        return _merge_neighbours(ordered.drop("_row"))
    rows = ordered.with_columns(
        (pl.col("last") - pl.col("first")).alias("_width"),
        pl.col("from_us").fill_null(BEGINNING_US),
        pl.col("until_us").fill_null(FOREVER_US),
    )
    pieces = _cut_in_time(_cut_in_space(rows))
    chosen = pieces.sort("_at", "_width", "_row", descending=[False, False, True]).unique(
        "_at", keep="first", maintain_order=True
    )
    opened = chosen.with_columns(
        pl.when(pl.col("from_us") != BEGINNING_US).then(pl.col("from_us")).alias("from_us"),
        pl.when(pl.col("until_us") != FOREVER_US).then(pl.col("until_us")).alias("until_us"),
    )
    return _merge_neighbours(opened.select(ranges.columns).sort("first", "from_us", maintain_order=True))


def _cut_in_space(rows: pl.DataFrame) -> pl.DataFrame:
    """Each row once for every stretch of addresses between two edges of any row."""
    is_end = pl.col("last") == pl.lit(LAST_NUMBER, dtype=pl.UInt128)
    beyond = rows.select(pl.when(~is_end).then(pl.col("last") + ONE).alias("beyond"))["beyond"]
    cuts = pl.concat([rows["first"], beyond.drop_nulls()]).unique().sort().alias("first")
    to = pl.when(beyond.is_not_null()).then(cuts.search_sorted(beyond)).otherwise(len(cuts))
    pieces = _explode_rows(rows.with_columns(cuts.search_sorted(rows["first"]).alias("_from"), to.alias("_to")), "_cut")
    until = pl.col("first").shift(-1, fill_value=pl.lit(0, dtype=pl.UInt128)) - ONE
    edges = cuts.to_frame().select("first", pl.when(pl.int_range(pl.len()) < pl.len() - 1).then(until).alias("last"))
    edges = edges.with_columns(pl.col("last").fill_null(pl.lit(LAST_NUMBER, dtype=pl.UInt128)))
    at = pieces["_cut"]
    return pieces.with_columns(edges["first"].gather(at).alias("first"), edges["last"].gather(at).alias("last"))


def _cut_in_time(pieces: pl.DataFrame) -> pl.DataFrame:
    """Each piece once for every stretch of time between two edges at its addresses; `_at` numbers both."""
    edges = pl.concat([pieces.select("_cut", pl.col(name).alias("at")) for name in ("from_us", "until_us")])
    edges = edges.unique().sort("_cut", "at").with_row_index("_edge")
    for name, edge in (("from_us", "_from"), ("until_us", "_to")):
        rows = edges.select("_cut", pl.col("at").alias(name), pl.col("_edge").alias(edge))
        pieces = pieces.drop(edge).join(rows, on=["_cut", name], how="left", maintain_order="left")
    cut = _explode_rows(pieces, "_at")
    return cut.with_columns(
        edges["at"].gather(cut["_at"]).alias("from_us"), edges["at"].gather(cut["_at"] + 1).alias("until_us")
    )


def _explode_rows(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Each row once for each number from `_from` until `_to`."""
    count = int(rows.select((pl.col("_to").cast(pl.Int64) - pl.col("_from").cast(pl.Int64)).sum()).item() or 0)
    if count > MOST_PIECES:
        raise DamagedInput(
            f"its ranges lie over each other {count:,} times", hint="give each address one range, or nested ones"
        )
    numbers = pl.int_ranges("_from", "_to", dtype=pl.UInt32).alias(name)
    return rows.with_columns(numbers).explode(name, empty_as_null=False)


def _merge_neighbours(ordered: pl.DataFrame) -> pl.DataFrame:
    """Neighbours that say the same made one: untimed ones in space, timed ones in time at the same addresses."""
    if not ordered.height:
        return ordered
    content_columns = [name for name in ordered.columns if name not in {"first", "last", "from_us", "until_us"}]
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in content_columns)
    is_open = pl.all_horizontal(pl.col(name).is_null() for name in ("from_us", "until_us"))
    next_in_space = is_open & (pl.col("first") == pl.col("last").shift(1) + ONE)
    next_in_time = (
        (pl.col("first") == pl.col("first").shift(1))
        & (pl.col("last") == pl.col("last").shift(1))
        & (pl.col("from_us") == pl.col("until_us").shift(1))
    )
    goes_on = (same & (next_in_space | next_in_time)).fill_null(value=False)
    begins = ordered.select((~goes_on).alias("begins"))["begins"]
    if begins.all():
        return ordered
    ends = pl.concat([begins[1:], pl.Series([True])])
    heads = ordered.filter(begins).drop("last", "until_us")
    tails = ordered.filter(ends).select("last", "until_us")
    return pl.concat([heads, tails], how="horizontal").select(ordered.columns)


def write_ranges(kind: DatasetKind, ranges: pl.DataFrame, records: pl.DataFrame | None, path: Path) -> int:
    """Write the Parquet of a data set and return its number of rows.

    `records` are what the column `record` of `ranges` indexes, if it has one.
    """
    frame = ranges
    if kind is not DatasetKind.BOUNDARY:
        frame = ranges.with_columns(
            *split_number("first", "first_hi", "first_lo"), *split_number("last", "last_hi", "last_lo")
        )
    lazy = frame.lazy()
    if records is not None:
        at = frame["record"]
        lazy = pl.concat([frame.drop("record").lazy(), records.lazy().select(pl.all().gather(at))], how="horizontal")
    there = set(lazy.collect_schema().names())
    columns = [
        (pl.col(name) if name in there else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in build_schema(kind).items()
    ]
    lazy.select(columns).collect().write_parquet(path, compression="zstd", row_group_size=ROW_GROUP)
    return frame.height
