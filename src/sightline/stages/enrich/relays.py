"""Decide whether an address was a relay at the time of a visit: yes, no, or unknown, with the nearest date."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.model import DatasetKind
from sightline.stages.enrich.lookup import look_up_timed, look_up_untimed
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.session_columns import RESULT

IS_EXIT = pl.col("seen_us").is_not_null() & pl.col("relay").is_not_null() & pl.col("since_us").is_not_null()
IS_UNTESTED = pl.col("seen_us").is_not_null() & pl.col("relay").is_not_null() & pl.col("since_us").is_null()
IS_SNAPSHOT = pl.col("seen_us").is_not_null() & pl.col("relay").is_null()
IS_RANGE = pl.col("seen_us").is_null()


def find_listed(numbers: pl.DataFrame, sets: Sequence[DataSet]) -> pl.DataFrame:
    """Return `address, dataset, relay` for every range list that lists an address, whatever its date."""
    frames = [
        look_up_untimed(one.path, numbers, ["relay"], IS_RANGE).with_columns(pl.lit(place, pl.UInt16).alias("dataset"))
        for place, one in enumerate(sets)
        if one.kind is DatasetKind.RELAY
    ]
    return pl.concat([pl.DataFrame(schema={"address": pl.UInt32, "relay": pl.String, "dataset": pl.UInt16}), *frames])


def read_histories(visits: pl.DataFrame, numbers: pl.DataFrame, sets: Sequence[DataSet]) -> pl.DataFrame:
    """Return what exit lists and Onionoo together say of each visit, in order.

    Columns: `met, near, listed, covered, date_us, dataset`.

    `visits`: `address, first_us, last_us`, sorted by first_us. `met`: a part of the visit is in a time at which the
    address was an exit. `near`: the last snapshot before it names the address, and a silent one after it does not tell
    when that ended; or a relay may have had the address before any test named it. `listed`: it was one at some time.
    `covered`: snapshots would have named it, for the whole visit.
    """
    places = [place for place, one in enumerate(sets) if one.kind is DatasetKind.RELAY]
    snapshots = pl.concat([_NO_SNAPSHOT, *(_read_snapshots(sets[place], place) for place in places)]).sort("date_us")
    exits = _find_exits(numbers, sets, places) if places else None
    untested = _mark_untested(visits, numbers, sets, places)
    if not snapshots.height and (exits is None or not exits.height):
        never = [pl.lit(value=False).alias(name) for name in ("met", "near", "listed", "covered")]
        return visits.select(
            pl.col("address").is_null().alias("_"),
            *never,
            pl.lit(None, pl.Int64).alias("date_us"),
            pl.lit(None, pl.UInt16).alias("dataset"),
        ).drop("_")
    dated = visits.join_asof(
        snapshots.select("date_us", "dataset"),
        left_on="first_us",
        right_on="date_us",
        strategy="nearest",
        coalesce=False,
    )
    dated = dated.with_columns(_mark_covered(dated, snapshots)).join_asof(
        snapshots.select(pl.col("date_us").alias("before_us")),
        left_on="first_us",
        right_on="before_us",
        strategy="backward",
        coalesce=False,
    )
    if exits is None or not exits.height:
        never = [pl.lit(value=False).alias(name) for name in ("met", "near", "listed")]
        rows = dated.select(*never, "covered", "date_us", "dataset")
    else:
        rows = _join_exits(dated, exits)
    return rows.with_columns((pl.col("near") | (untested & ~pl.col("met"))).alias("near"))


def _mark_untested(
    visits: pl.DataFrame, numbers: pl.DataFrame, sets: Sequence[DataSet], places: Sequence[int]
) -> pl.Series:
    """Return whether some part of each visit lies where a relay may have had its address before any test named it."""
    parts = [look_up_timed(sets[place].path, numbers, [], IS_UNTESTED) for place in places]
    spans = pl.concat(parts).sort("address", "from_us") if parts else pl.DataFrame()
    if not spans.height:
        return pl.repeat(value=False, n=visits.height, eager=True)
    behind = spans.select("address", "from_us", pl.col("until_us").cum_max().over("address").alias("behind_us"))
    rows = visits.select("address", "first_us", "last_us").with_row_index("at").sort("last_us")
    met = rows.join_asof(
        behind.sort("from_us"),
        left_on="last_us",
        right_on="from_us",
        by="address",
        strategy="backward",
        check_sortedness=False,
    )
    return met.sort("at").select((pl.col("behind_us") > pl.col("first_us")).fill_null(value=False))["behind_us"]


_NO_SNAPSHOT = pl.DataFrame(
    schema={"from_us": pl.Int64, "until_us": pl.Int64, "date_us": pl.Int64, "dataset": pl.UInt16}
)


def _read_snapshots(one: DataSet, place: int) -> pl.DataFrame:
    rows = pl.scan_parquet(one.path).filter(IS_SNAPSHOT)
    return rows.select(
        "from_us", "until_us", pl.col("seen_us").alias("date_us"), pl.lit(place, pl.UInt16).alias("dataset")
    ).collect()


def _mark_covered(dated: pl.DataFrame, snapshots: pl.DataFrame) -> pl.Series:
    """Return whether all of a visit lies in times for which some snapshot says no, without a hole."""
    order = snapshots.sort("from_us")
    behind = order["until_us"].cum_max().shift(1)
    begins = (order["from_us"] > behind).fill_null(value=True)
    spans = order.with_columns(begins.cum_sum().alias("span"))
    spans = spans.group_by("span", maintain_order=True).agg(pl.col("from_us").min(), pl.col("until_us").max())
    rows = dated.select("first_us", "last_us").join_asof(
        spans.select("from_us", "until_us"), left_on="first_us", right_on="from_us", strategy="backward"
    )
    return rows.select((pl.col("last_us") < pl.col("until_us")).fill_null(value=False).alias("covered"))["covered"]


def _find_exits(numbers: pl.DataFrame, sets: Sequence[DataSet], places: Sequence[int]) -> pl.DataFrame:
    """Return when the addresses were exits, by address, then time; `behind_us` is the latest end so far."""
    columns = ["since_us", "seen_us"]
    frames = [
        look_up_timed(sets[place].path, numbers, columns, IS_EXIT).with_columns(pl.lit(place, pl.UInt16).alias("by"))
        for place in places
    ]
    order = pl.concat(frames).sort("address", "from_us")
    behind = pl.col("until_us").cum_max().over("address")
    is_latest = pl.col("until_us") == behind
    latest = [pl.when(is_latest).then(name).forward_fill().over("address").alias(name) for name in (*columns, "by")]
    return order.with_columns(behind.alias("behind_us"), *latest)


def _join_exits(dated: pl.DataFrame, exits: pl.DataFrame) -> pl.DataFrame:
    rows = dated.with_row_index("at")
    touched = rows.join(exits.select("address").unique(), on="address", how="semi")
    before = touched.sort("last_us").join_asof(
        exits.sort("from_us").drop("until_us"),
        left_on="last_us",
        right_on="from_us",
        by="address",
        strategy="backward",
        check_sortedness=False,
    )
    after = exits.select("address", pl.col("from_us").alias("next_us"), pl.col("since_us").alias("next_since_us"), "by")
    both = before.join_asof(
        after.sort("next_us"),
        left_on="last_us",
        right_on="next_us",
        by="address",
        strategy="forward",
        suffix="_next",
        check_sortedness=False,
    )
    is_met = (pl.col("behind_us") > pl.col("first_us")).fill_null(value=False)
    ago, ahead = pl.col("first_us") - pl.col("seen_us"), pl.col("next_since_us") - pl.col("last_us")
    is_ahead = ~is_met & (ago.is_null() | (ahead < ago).fill_null(value=False))
    states = both.select(
        "at",
        is_met.alias("met"),
        (~is_met & (pl.col("seen_us") >= pl.col("before_us")).fill_null(value=False)).alias("near"),
        pl.when(is_met)
        .then(pl.col("date_us").clip("since_us", "seen_us"))
        .otherwise(pl.when(is_ahead).then("next_since_us").otherwise("seen_us"))
        .alias("exit_us"),
        pl.when(is_ahead).then("by_next").otherwise("by").alias("by"),
    )
    whole = rows.join(states, on="at", how="left", maintain_order="left")
    return whole.select(
        pl.col("met", "near").fill_null(value=False),
        pl.col("met").is_not_null().alias("listed"),
        "covered",
        pl.coalesce("exit_us", "date_us").alias("date_us"),
        pl.coalesce("by", "dataset").alias("dataset"),
    )


def judge_relays() -> tuple[pl.Expr, ...]:
    """Return the verdict on each ask, from histories and range lists together.

    Columns: `relay, relay_kind, relay_dataset, relay_date_us, relay_listed`.
    """
    by_range = pl.col("range_kind").is_not_null()
    by_date = pl.col("range_listed").fill_null(value=False)
    is_listed = pl.col("listed") | by_date
    relay = (
        pl.when(pl.col("met") | by_range)
        .then(pl.lit("yes"))
        .when(pl.col("covered") & ~by_date & ~pl.col("near"))
        .then(pl.lit("no"))
        .otherwise(pl.lit("unknown"))
    )
    is_tor = pl.col("met") | pl.col("near") | (pl.col("listed") & ~pl.col("covered"))
    kind = pl.when(is_tor).then(pl.lit("tor")).otherwise(pl.col("range_kind"))
    is_range = ~pl.col("met") & (by_range | (by_date & ~pl.col("listed")))
    return (
        relay.cast(RESULT["relay"]).alias("relay"),
        kind.cast(RESULT["relay_kind"]).alias("relay_kind"),
        pl.when(is_range).then("range_dataset").otherwise("dataset").alias("relay_dataset"),
        pl.when(is_range).then("range_us").otherwise("date_us").alias("relay_date_us"),
        is_listed.alias("relay_listed"),
    )
