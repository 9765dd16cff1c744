"""Polars: its streaming engine over lines, a host and what it is under each sought in the set of names."""

from __future__ import annotations

import itertools
from pathlib import Path

import polars

LINE = polars.col("raw")
LEVELS = ("host", "parent", "grandparent", "last")


def cut(text: polars.Expr, by: str, part: int) -> polars.Expr:
    """What stands before (0) or after (1) the first `by`. By field name: that is what runs in parallel."""
    return text.str.splitn(by, 2).struct.field(f"field_{part}")


def find(log: Path, names: Path, out: Path) -> None:
    """Write the hits to `out`."""
    flagged = polars.scan_lines(names, name="name").collect()["name"].implode()
    is_url = LINE.str.contains("://", literal=True)
    site = polars.when(is_url).then(cut(LINE, "://", 1)).otherwise(cut(LINE, " CONNECT ", 1))
    visits = polars.scan_lines(log, name="raw", row_index_name="line_number", row_index_offset=1)
    visits = visits.with_columns(host=cut(cut(site, "/", 0), ":", 0))
    for name, under in itertools.pairwise(LEVELS):
        visits = visits.with_columns(cut(polars.col(name), ".", 1).alias(under))
    is_flagged = polars.col(LEVELS).is_in(flagged)
    fields = LINE.str.replace_all(" +", " ").str.split(" ").list
    hits = visits.filter(polars.any_horizontal(is_flagged)).select(
        "line_number",
        "raw",
        "host",
        indicator=polars.coalesce(polars.when(polars.col(level).is_in(flagged)).then(level) for level in LEVELS),
        timestamp=(fields.get(0).cast(polars.Float64) * 1e6).cast(polars.Datetime("us", "UTC")),
        source_ip=fields.get(2),
        status=cut(fields.get(3), "/", 1).cast(polars.UInt16),
        bytes=fields.get(4).cast(polars.UInt64),
        method=fields.get(5),
        url=fields.get(6),
    )
    hits.sink_parquet(out, engine="streaming")
