"""Convert snapshots of exits to periods for which an address was an exit, and for which it was not (ADR 16)."""

from __future__ import annotations

import polars as pl

from sightline.model import DatasetCode
from sightline.stages.enrich.address_numbers import parse_address_numbers
from sightline.stages.enrich.model import DAY_US
from sightline.stages.enrich.ranges import LAST_NUMBER
from sightline.stages.enrich.reader import Rejects

STALE_US = 2 * DAY_US
"""Exit lists contain no test older than this."""


def build_timeline(
    entries: pl.DataFrame, times: list[int], rejects: Rejects, damaged: frozenset[int] = frozenset()
) -> pl.DataFrame:
    """Return the rows of a relay history.

    One for each period in which an address was an exit, and one for each snapshot.

    `entries`: `address` (text), `seen_us` (its snapshot), `tested_us` (or null) and `appeared_us` (or null): since when
    the relay may have had the address, before any test named it. Such an uncertain period is a row whose `since_us` is
    null. `times` are those of all snapshots. The lost part of a `damaged` one is unknown: it proves its named
    addresses, and excludes none.
    """
    snapshots = _compute_spans(times)
    silent = _build_snapshot_rows(_compute_spans([at for at in times if at not in damaged]))
    dated = _date_entries(entries, snapshots, rejects)
    return pl.concat([silent, _join_stretches(dated), _find_untested(dated)]).sort("first", "from_us")


def _compute_spans(times: list[int]) -> pl.DataFrame:
    """Of each snapshot, in order, from when and until when it speaks: between its neighbours, a day at the most."""
    order = sorted(set(times))
    behind = [
        max(at - DAY_US, before) for at, before in zip(order, [at - DAY_US for at in order[:1]] + order, strict=False)
    ]
    ahead = (
        [min(at + DAY_US, after) for at, after in zip(order, [*order[1:], order[-1] + DAY_US], strict=True)]
        if order
        else []
    )
    return pl.DataFrame(
        {"seen_us": order, "behind_us": behind, "ahead_us": ahead},
        schema=dict.fromkeys(("seen_us", "behind_us", "ahead_us"), pl.Int64),
    )


def _build_snapshot_rows(snapshots: pl.DataFrame) -> pl.DataFrame:
    """A row a snapshot, over all addresses: from when until when it says no of those that it does not name."""
    return snapshots.select(
        pl.lit(0, pl.UInt128).alias("first"),
        pl.lit(LAST_NUMBER, pl.UInt128).alias("last"),
        pl.col("behind_us").alias("from_us"),
        pl.col("seen_us").alias("until_us"),
        pl.lit(None, pl.String).alias("relay"),
        pl.col("seen_us").alias("since_us"),
        "seen_us",
    )


def _date_entries(entries: pl.DataFrame, snapshots: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """The entries with the number of their address, and from when until when their snapshot names it."""
    numbers = parse_address_numbers(entries["address"]).alias("first")
    rejects[DatasetCode.BAD_ADDRESS] += numbers.null_count()
    rows = entries.with_columns(numbers).filter(pl.col("first").is_not_null())
    age = pl.col("seen_us") - pl.col("tested_us")
    rejects[DatasetCode.FUTURE_TIME] += rows.filter(age < 0).height
    rejects[DatasetCode.STALE_TIME] += rows.filter(age > STALE_US).height
    tested = pl.when(age.is_between(0, STALE_US)).then("tested_us")
    return rows.join(snapshots, on="seen_us").with_columns(
        pl.min_horizontal("behind_us", tested).alias("from_us"), pl.col("ahead_us").alias("until_us")
    )


def _find_untested(dated: pl.DataFrame) -> pl.DataFrame:
    """Times in which a relay may have had an address that no snapshot names then; those that meet are one."""
    before = dated.select(
        "first", pl.col("appeared_us").alias("from_us"), pl.col("from_us").alias("until_us"), "seen_us"
    ).filter(pl.col("from_us") < pl.col("until_us"))
    return _join_stretches(before).with_columns(pl.lit(None, pl.Int64).alias("since_us"))


def _join_stretches(dated: pl.DataFrame) -> pl.DataFrame:
    """Times of one address that meet made one; `since_us` and `seen_us` are its first and last snapshot."""
    order = dated.sort("first", "from_us", "seen_us")
    behind = pl.col("until_us").cum_max().shift(1).over("first")
    begins = (behind.is_null() | (pl.col("from_us") > behind)).cast(pl.UInt32)
    runs = order.with_columns(begins.cum_sum().alias("run"))
    return (
        runs.group_by("run", maintain_order=True)
        .agg(
            pl.col("first").first(),
            pl.col("first").first().alias("last"),
            pl.col("from_us").min(),
            pl.col("until_us").max(),
            pl.lit("tor").alias("relay"),
            pl.col("seen_us").min().alias("since_us"),
            pl.col("seen_us").max(),
        )
        .drop("run")
    )
