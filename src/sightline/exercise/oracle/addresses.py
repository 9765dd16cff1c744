"""Look up what was known of an address at the time of a visit: relay, shared, machine, and state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

DAY_US = 86_400_000_000
NAMEABLE_KM = 200
"""A radius wider than this extends beyond any state: such an answer names none."""


@dataclass(frozen=True)
class DeclaredNetworks:
    """The content of the world's data sets, as it was written into them."""

    first: pl.DataFrame
    second: pl.DataFrame
    lines: pl.DataFrame
    nat: pl.DataFrame
    relay_ranges: pl.DataFrame
    exits: pl.DataFrame
    lists: pl.Series
    machines: pl.DataFrame


def load_dataset_content(folder: Path) -> DeclaredNetworks:
    """Return the data sets of addresses that a world's officers have.

    `folder` is `answers/told` of the world: what its networks declared, one Parquet file each.
    """
    names = ("city-first", "city-second", "lines", "nat", "relay-ranges", "exits", "machines")
    first, second, lines, nat, ranges, exits, machines = (pl.read_parquet(folder / f"{name}.parquet") for name in names)
    lists = pl.read_parquet(folder / "exit-lists.parquet")["at_us"].sort()
    return DeclaredNetworks(first, second, lines, nat, ranges, exits, lists, machines)


def find_narrowest_ranges(keys: pl.DataFrame, ranges: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Return `key` and `columns` of the narrowest range that contains each key. They are null if no range does.

    `keys`: `key`, an address as a number. `ranges`: `first_key`, `last_key` and `columns`. Two ranges either nest or
    have no address in common.
    """
    answered = keys.sort("key").with_row_index("at")
    wide = ranges.with_columns((pl.col("last_key") - pl.col("first_key")).alias("width"))
    rows = answered
    # Few widths: the widest first, each narrower one replaces it.
    layers = wide.partition_by("width", maintain_order=True)
    for layer in sorted(layers, key=lambda some: -int(some["width"][0])):
        some = layer.sort("first_key").select(
            "first_key", "last_key", *(pl.col(column).alias(f"{column}_new") for column in columns)
        )
        rows = rows.join_asof(some, left_on="key", right_on="first_key", strategy="backward")
        holds = (pl.col("last_key") >= pl.col("key")).fill_null(value=False)
        rows = rows.with_columns(
            pl.when(holds).then(f"{column}_new").otherwise(column if column in rows.columns else None).alias(column)
            for column in columns
        ).select("key", "at", *columns)
    return rows.drop("at")


def with_facts(visits: pl.DataFrame, declared: DeclaredNetworks) -> pl.DataFrame:
    """Return `visits` with the columns of `derive_facts` that hold for each visit's address at the time of the visit.

    A statement that ends within the interval of a visit does not prove that its address was not shared.
    """
    edges = sorted({edge for name in ("since_us", "until_us") for edge in declared.first[name].drop_nulls()})
    epoch = pl.sum_horizontal(pl.lit(0), *((pl.col("at_us") >= edge).cast(pl.Int32) for edge in edges))
    parts = [
        some.join(derive_facts(some["key"], declared, some["at_us"][0]), on="key", how="left")
        for some in visits.with_columns(epoch.alias("epoch")).partition_by("epoch", include_key=False)
    ]
    rows = pl.concat(parts) if parts else visits.join(derive_facts(visits["key"], declared, 0), on="key", how="left")
    until = pl.col("statement_until_us")
    speaks = until.is_null() | (pl.col("from_us") < until)
    surely = until.is_null() | (pl.col("until_us") <= until)
    # A statement of sharing counts while it may be valid; one of no sharing, only while it surely is.
    is_shared = pl.when(surely | pl.col("shared")).then("shared")
    return rows.with_columns(
        pl.when(speaks).then(is_shared).alias("shared"),
        *(pl.when(speaks).then(name).alias(name) for name in ("ports", "block_base", "reuses_ports", "is_operator")),
        pl.when(surely).then("delegated_length").alias("delegated_length"),
    ).drop("statement_until_us")


STATEMENT = {
    "block_base": pl.Int64,
    "reuses_ports": pl.Boolean,
    "delegated_length": pl.Int64,
    "is_operator": pl.Boolean,
}
"""Further columns of a sharing statement: where its blocks begin, whether a port is reused per destination or protocol,
the length of the IPv6 prefixes that it gives to one line, and whether its lines are other operators'.
"""


def derive_facts(keys: pl.Series, declared: DeclaredNetworks, at_us: int) -> pl.DataFrame:
    """Return one row for each address, by the editions of that time.

    Columns: `state`, `line`, `shared`, `ports`, STATEMENT, `relay`, ...
    """
    rows = keys.unique().sort().alias("key").to_frame()
    since = pl.col("since_us").is_null() | (pl.col("since_us") <= at_us)
    until = pl.col("until_us").is_null() | (at_us < pl.col("until_us"))
    edition = declared.first.filter(since & until)
    first = find_narrowest_ranges(rows, edition, "state", "radius_km").rename({"state": "first"})
    second = find_narrowest_ranges(rows, declared.second, "state").rename({"state": "second"})
    network = find_narrowest_ranges(rows, declared.lines, "line", "circle_state")
    stated = declared.nat.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in STATEMENT.items() if name not in declared.nat.columns
    ).rename({"until_us": "statement_until_us"})
    nat = find_narrowest_ranges(rows, stated, "shared", "ports", "statement_until_us", *STATEMENT)
    relay = find_narrowest_ranges(rows, declared.relay_ranges, "relay")
    machine = find_narrowest_ranges(rows, declared.machines, "machine")
    exits = declared.exits.select("key").unique().with_columns(ever_exit=pl.lit(value=True))
    # Two data sets with the same errors prove nothing: their agreement counts with the network's own circle.
    first_answers = pl.when(pl.col("radius_km") <= NAMEABLE_KM).then("first")
    agreed = (first_answers == pl.col("second")) & (pl.col("second") == pl.col("circle_state"))
    joined = rows
    for other in (first, second, network, nat, relay, machine):
        joined = joined.join(other, on="key", how="left", maintain_order="left")
    return joined.join(exits, on="key", how="left").with_columns(
        pl.when(agreed).then("second").alias("state"),
        pl.col("ever_exit").fill_null(value=False),
    )


def add_tor(visits: pl.DataFrame, declared: DeclaredNetworks) -> pl.DataFrame:
    """Return the visits with `tor`: yes, no, or unknown if no list covers the time.

    A list covers the time since the previous one, for at most a day: it contains tests of the day before. It is `yes`
    if the list before or the list after names the address, for any part of the visit's interval. From when a relay
    published itself until the first list that names its address (`appeared_us`) no list means `no` for it.
    """
    lists = pl.DataFrame({"list_us": declared.lists})
    begins, ends = pl.col("from_us"), pl.col("until_us")
    before = visits.sort("from_us").join_asof(lists, left_on="from_us", right_on="list_us", strategy="backward")
    after = before.rename({"list_us": "before_us"}).sort("until_us")
    after = after.join_asof(lists, left_on="until_us", right_on="list_us", strategy="forward").rename(
        {"list_us": "after_us"}
    )
    covered = (pl.col("after_us") - begins <= DAY_US).fill_null(value=False)
    first = pl.max_horizontal("before_us", begins - DAY_US)
    last = pl.min_horizontal("after_us", ends + DAY_US)
    named = (
        after.with_columns(first.alias("first_list_us"), last.alias("last_list_us"))
        .sort("first_list_us")
        .join_asof(
            declared.exits.sort("listed_us"),
            left_on="first_list_us",
            right_on="listed_us",
            by="key",
            strategy="forward",
            check_sortedness=False,
        )
    )
    yes = (pl.col("listed_us") <= pl.col("last_list_us")).fill_null(value=False)
    named = named.with_columns(_is_untested(named, declared).alias("is_untested"))
    covered &= ~pl.col("is_untested")
    verdict = pl.when(yes).then(pl.lit("yes")).when(covered).then(pl.lit("no")).otherwise(pl.lit("unknown"))
    return named.with_columns(verdict.alias("tor")).drop(
        "before_us", "after_us", "first_list_us", "last_list_us", "listed_us", "is_untested"
    )


def _is_untested(named: pl.DataFrame, declared: DeclaredNetworks) -> pl.Series:
    """Return whether a relay with the visit's address had published itself before a list could name it."""
    untested = named.select("key", "from_us", "until_us").with_row_index("at").sort("from_us")
    exits = (
        declared.exits
        if "appeared_us" in declared.exits.columns
        else declared.exits.with_columns(appeared_us="listed_us")
    )
    untested = untested.join_asof(
        exits.sort("listed_us").select("key", "appeared_us", tested_us="listed_us"),
        left_on="from_us",
        right_on="tested_us",
        by="key",
        strategy="forward",
        check_sortedness=False,
    ).sort("at")
    return untested.select((pl.col("appeared_us") < pl.col("until_us")).fill_null(value=False)).to_series()
