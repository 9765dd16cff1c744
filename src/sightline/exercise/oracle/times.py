"""When a record was made, by what its source declares: `at_us`, `uncertainty_us`, and whether the time is proven."""

from __future__ import annotations

import polars as pl

from sightline.exercise.manifest import SourceSaid

SECOND_US = 1_000_000


def times(records: pl.LazyFrame, source: SourceSaid) -> pl.LazyFrame:
    """The records of one source with `at_us`, `uncertainty_us` and `proven`.

    A zone in the record goes before a declared one. A local time that came twice is the earlier instant, and as much
    more uncertain as the two lie apart; one without any zone is read as UTC and is not proven.
    """
    local = pl.from_epoch("local_us", "us")
    zone = source.timezone or "UTC"
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")
    last = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null").dt.epoch("us")
    said = pl.col("zone_s").is_not_null()
    instant = pl.when(said).then(pl.col("local_us") - pl.col("zone_s") * SECOND_US).otherwise(first)
    width = pl.when(said).then(0).otherwise(last - first)
    # A clock that was compared with another is known whatever its zone is called.
    declared = source.timezone is not None and (source.timezone_basis or source.clock_measured) is not None
    return records.with_columns(
        (instant - round(source.clock_offset_s * SECOND_US)).alias("at_us"),
        (width + source.clock_uncertainty_s * SECOND_US).alias("uncertainty_us"),
        (said | declared).alias("proven"),
    ).filter(pl.col("at_us").is_not_null())
