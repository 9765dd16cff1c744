"""Read how many bytes a session of RADIUS moved, as the block that ends it says."""

from __future__ import annotations

import polars as pl

BYTES = ["Acct-Input-Octets", "Acct-Output-Octets"]
_GIGAWORDS = 1 << 32
"""A gigaword is how often the counter of bytes, of 32 bits, began again (RFC 2869, 5.1)."""


def sum_bytes(parsed: pl.DataFrame) -> pl.DataFrame:
    """Return `row moved_bytes moved_by` of the blocks that end a session: the bytes of the larger direction.

    The two are often exchanged, as seen from the NAS or from the user. A block with one of them alone says nothing.
    """
    stops = parsed.filter(pl.col("name") == "Acct-Status-Type", pl.col("value").is_in(["Stop", "2"]))["first"]
    names = [*BYTES, *(name.replace("Octets", "Gigawords") for name in BYTES)]
    octets = parsed.filter(pl.col("name").is_in(names), pl.col("first").is_in(stops.implode()))
    amount = pl.col("value").str.to_integer(strict=False, dtype=pl.Int64)
    whole = amount * pl.when(pl.col("name").str.ends_with("Gigawords")).then(_GIGAWORDS).otherwise(1)
    direction = pl.col("name").str.extract("Acct-([A-Za-z]+)-")
    ways = octets.group_by("first", direction.alias("way")).agg(
        moved=whole.sum(), is_read=amount.is_not_null().all(), has_bytes=pl.col("name").is_in(BYTES).any()
    )
    both = ways.group_by("first").agg(pl.col("moved").max(), pl.col("is_read", "has_bytes").all(), n=pl.len())
    read = both.filter("is_read", "has_bytes", pl.col("n") == len(BYTES))
    return read.select(row="first", moved_bytes="moved", moved_by=pl.lit(BYTES[1]))
