"""Shorten each lease to where the next record of its address says that it ended.

The file of a DHCP server is a log: a lease that is renewed, released or expires is written again further down, and the
last record holds (dhcpd.leases(5); Kea's memfile likewise). So the end of a record is only what was promised then.
"""

from __future__ import annotations

import polars as pl

ENDED = frozenset({"free", "released", "expired"})
"""States of dhcpd in which a lease that was active has ended."""


def shorten_leases(assigned: pl.DataFrame) -> pl.DataFrame:
    """Return assignments in the order of the file, each up to the line's next start there, or its last stated end.

    Rows of which nothing is left are left out. A record of another line shortens none: both may contradict.
    """
    lease = ["ip", "number", "start_us"]
    starts = assigned.select(lease).drop_nulls().unique().sort(lease)
    starts = starts.with_columns(next_us=pl.col("start_us").shift(-1).over("ip", "number"))
    joined = assigned.join(starts, on=lease, how="left", maintain_order="left")
    last = pl.when(pl.col("number").is_not_null()).then(pl.col("end_us").last().over(lease))
    shortened = joined.with_columns(end_us=pl.min_horizontal("end_us", last, "next_us")).drop("next_us")
    return shortened.filter(pl.col("end_us").is_null() | (pl.col("end_us") > pl.col("start_us")).fill_null(value=True))


def find_released(addresses: pl.Series, lifetimes: pl.Series) -> pl.Series:
    """Return the rows of a table of Kea whose address was released: a row has the lifetime 0, and not the instant."""
    released = addresses.filter(lifetimes.str.strip_chars() == "0").unique()
    return addresses.is_in(released.implode())
