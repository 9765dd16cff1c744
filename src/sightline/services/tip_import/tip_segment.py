"""Seal the rows of a tip as a segment, and read them back without some reports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import polars as pl

from sightline.errors import name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.services.match import engine
from sightline.stages.scan.segments import SEGMENT_COLUMNS, USUAL, SealedSegment
from sightline.stages.tips.sheet_table import build_segment_schema

DIFFERS = ("indicator", "source_ip", "source_port", "timestamp", "method")
"""Columns by which the connections of two versions of a report are compared."""


SEGMENT_ROWS = 250_000
"""How many rows one segment has at most: as many are held twice as it is written."""


def share_constants(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the same rows, with each column of one value held as that value: half of a sheet's columns are."""
    same = [name for name in rows.columns if rows[name].head(2).n_unique() == 1 and rows[name].n_unique() == 1]
    constants = [pl.lit(rows[name][0], dtype=rows.schema[name]).alias(name) for name in same]
    return rows.drop(same).with_columns(constants).select(rows.columns)


def compute_segment_order(rows: pl.DataFrame) -> pl.Series:
    """Return the numbers of rows in the order of a segment: by address, then by time, then as they came."""
    keys = pl.concat(_compute_order_keys(slice_rows) for slice_rows in rows.iter_slices(SEGMENT_ROWS // 4))
    long = keys.filter("long")["source_ip"].unique()
    numbers = [int(ip_address(text)) for text in long]
    table = pl.DataFrame({"source_ip": long, "long_number": pl.Series(numbers, dtype=pl.UInt128)})
    keys = keys.join(table, on="source_ip", how="left", maintain_order="left") if len(long) else keys
    by = [name for name in ("long", "number", "long_number", "timestamp") if name in keys.columns]
    return keys.select(pl.arg_sort_by(by, maintain_order=True)).to_series()


def _compute_order_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `source_ip number timestamp long` of rows. An IPv6 address is long, and has no number here."""
    octets = pl.col("source_ip").str.split_exact(".", 3).struct
    number = pl.sum_horizontal(
        octets.field(f"field_{at}").cast(pl.UInt32, strict=False) * (1 << (24 - 8 * at)) for at in range(4)
    )
    is_long = pl.col("source_ip").str.contains(":", literal=True)
    return rows.select("source_ip", pl.when(~is_long).then(number).alias("number"), "timestamp", is_long.alias("long"))


def write_segments(rows: pl.DataFrame, folder: Path, number: int, row_key: bytes) -> tuple[SealedSegment, ...]:
    """Write rows as sealed segments in their order, and return them."""
    if rows.is_empty():
        return ()
    order = compute_segment_order(rows)
    parts = range(0, len(rows), SEGMENT_ROWS)
    return tuple(
        _write_segment(rows[order[at : at + SEGMENT_ROWS]], folder / f"{number:06}_{part:03}.parquet", row_key)
        for part, at in enumerate(parts)
    )


def _write_segment(rows: pl.DataFrame, path: Path, row_key: bytes) -> SealedSegment:
    """Write ordered rows as one sealed segment (ADR 11), and return it."""
    with name_output_on_error(path), path.open("xb") as out:
        rows.write_parquet(out, compression="zstd", row_group_size=USUAL.group_rows)
        out.flush()
        os.fsync(out.fileno())
    root, count = engine.choose_engine()[1].compute_segment_root(path, row_key)
    times = rows["timestamp"].dt.epoch("us")
    first_us, last_us = int(times.min()), int(times.max())  # type: ignore[arg-type]
    return SealedSegment(path.name, root, count, compute_sha256(path), path.stat().st_size, first_us, last_us)


def read_segments(paths: Sequence[Path], columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the rows of the segments of a run, or some columns of them."""
    none = pl.DataFrame(schema=build_segment_schema()).select(columns or SEGMENT_COLUMNS)
    return pl.concat([none, *(pl.read_parquet(path, columns=list(columns) if columns else None) for path in paths)])
