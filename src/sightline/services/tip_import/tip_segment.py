"""Seal the rows of a tip as a segment, and read them back without some reports."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import writing
from sightline.file_digests import sha256_of
from sightline.services.match import engine
from sightline.stages.scan.rows import hit_table
from sightline.stages.scan.segments import SEGMENT_COLUMNS, USUAL, Segment
from sightline.stages.tips.visit_rows import Cell

DIFFERS = ("indicator", "source_ip", "source_port", "timestamp", "method")
"""Columns by which the connections of two versions of a report are compared."""


@cache
def _schema() -> pl.Schema:
    return hit_table([]).drop("exhibit_sha256").schema


def table_of(rows: Sequence[Mapping[str, Cell]]) -> pl.DataFrame:
    """Return the rows as a table with the columns of a segment, in the order of a segment."""
    data = {name: [row[name] for row in rows] for name in SEGMENT_COLUMNS}
    found = pl.DataFrame(data, schema=_schema())
    addresses = found["source_ip"].unique().to_list()
    parsed = [ip_address(text) for text in addresses]
    keys: dict[str, Any] = {
        "source_ip": addresses,
        "version": [one.version for one in parsed],
        "number": [int(one) for one in parsed],
    }
    order = pl.DataFrame(keys, schema={"source_ip": pl.String, "version": pl.UInt8, "number": pl.UInt128})
    keyed = found.join(order, on="source_ip", how="left", maintain_order="left")
    return keyed.sort("version", "number", "timestamp", maintain_order=True).select(SEGMENT_COLUMNS)


def write_segment(rows: pl.DataFrame, path: Path, row_key: bytes) -> Segment:
    """Write ordered rows as one sealed segment (ADR 11), and return it."""
    with writing(path), path.open("xb") as out:
        rows.write_parquet(out, compression="zstd", row_group_size=USUAL.group_rows)
        out.flush()
        os.fsync(out.fileno())
    root, count = engine.engine()[1].segment_root(path, row_key)
    times = rows["timestamp"].dt.epoch("us")
    return Segment(path.name, root, count, sha256_of(path), path.stat().st_size, int(times.min()), int(times.max()))  # type: ignore[arg-type]


def read_segments(paths: Sequence[Path]) -> pl.DataFrame:
    """Return the rows of the segments of a run."""
    return pl.concat([pl.DataFrame(schema=_schema()), *(pl.read_parquet(path) for path in paths)])
