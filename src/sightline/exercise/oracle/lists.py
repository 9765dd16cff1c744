"""Select the records that are visits which the agency vouches for, by the rows of the list that the world wrote."""

from __future__ import annotations

from pathlib import Path

import polars as pl

DAY_US = 86_400_000_000


def read_statements(path: Path, sites: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a list: the `site` of each, `kind`, `since_us`, `window_until_us`, `listed_us`, ..."""
    rows = pl.read_csv(path, infer_schema=False)
    host = pl.col("value").str.split("/").list.first()
    named = sites.select("site", pl.col("host").alias("named")).vstack(
        sites.select("site", pl.col("site_ip").alias("named"))
    )
    return (
        rows.with_columns(host.alias("named"))
        .join(named, on="named", how="inner", maintain_order="left")
        .select(
            "site",
            "kind",
            _parse_midnight("valid_from").alias("since_us"),
            (_parse_midnight("valid_until") + DAY_US).alias("window_until_us"),
            _parse_midnight("listed_on").alias("listed_us"),
            "opinion",
            (pl.col("reference").is_not_null() & pl.col("valid_from").is_not_null()).alias("referenced"),
        )
    )


def _parse_midnight(column: str) -> pl.Expr:
    return pl.col(column).str.to_date("%Y-%m-%d").cast(pl.Datetime("us")).dt.epoch("us")


def select_flagged(records: pl.DataFrame, site_statements: pl.DataFrame) -> pl.DataFrame:
    """Return the counted records, with `by_address`: whether only the site's address shows the destination.

    Cleared and disputed block, flagged and seed count if vouched for. A visit whose interval crosses an edge of a
    window is outside of what flags, and inside of what clears or disputes. The agency vouches from the day on which it
    listed the site, earlier only with a dated reference: the whole interval must lie after that.
    """
    rows = records.with_row_index("record").join(site_statements, on="site", how="inner").filter(_meets_indicator())
    begins, ends, since, until = pl.col("from_us"), pl.col("until_us"), pl.col("since_us"), pl.col("window_until_us")
    blocks = pl.col("opinion").is_in(["cleared", "disputed"])
    surely = (since.is_null() | (begins >= since)) & (until.is_null() | (ends <= until))
    may = (since.is_null() | (ends > since)) & (until.is_null() | (begins < until))
    vouched = pl.col("listed_us").is_null() | (pl.col("listed_us") <= begins) | pl.col("referenced")
    verdicts = (
        rows.filter(pl.when(blocks).then(may).otherwise(surely))
        .group_by("record")
        .agg(
            blocks.any().alias("blocked"),
            (vouched & ~blocks).any().alias("vouched"),
            (pl.col("kind") == "ip").all().alias("by_address"),
        )
        .filter(pl.col("vouched") & ~pl.col("blocked"))
    )
    return records.with_row_index("record").join(verdicts.select("record", "by_address"), on="record").drop("record")


def _meets_indicator() -> pl.Expr:
    """Return whether what a record shows is what an indicator names."""
    in_room = pl.col("page").eq(1) & ~pl.col("tunnel")
    return (
        pl.when(pl.col("kind") == "ip")
        .then(pl.col("shows_address"))
        .when(pl.col("kind") == "url-prefix")
        .then(pl.col("shows_host") & in_room)
        .when(pl.col("kind") == "url")
        .then(pl.col("shows_host") & in_room & (pl.col("room") == 1))
        .otherwise(pl.col("shows_host"))
        .fill_null(value=False)
    )
