"""Generate the connections of an address in a network that logs destinations: true visits and other people's."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.exercise import shared_ports
from sightline.exercise.dice import Dice
from sightline.exercise.networks import NETWORKS, REUSING_AREA, NetworkPlan
from sightline.exercise.period import DAY_US
from sightline.exercise.replies.assignments import find_assignments
from sightline.exercise.replies.notice_rows import parse_address_key
from sightline.exercise.sites import SITE_BASE

OTHERS, MOST_OTHERS = 3, 24
"""Other connections beside a row with a port, and the maximum to the same destination beside a row without one."""
HTTPS = 443


def build_connections(
    rows: pl.DataFrame, plan: NetworkPlan, network: int, reported_us: int, folder: Path
) -> pl.DataFrame:
    """Return the rows of `assigned` by port or by destination, with the destinations and other people's connections."""
    visits = pl.read_parquet(folder / "answers" / "connections.parquet").join(
        rows.select("key").unique(), on="key", how="semi"
    )
    visits = visits.with_columns(_format_address(pl.col("site")).alias("site_ip")).drop("site")
    area = (pl.col("key") - NETWORKS[network].base) // plan.table["size"][network]
    reuses = (area >= REUSING_AREA).fill_null(value=False)
    rows_by_port = rows.filter(pl.col("port").is_not_null())
    by_port = rows_by_port.filter(~reuses)
    by_site = rows.filter(pl.col("port").is_null() & pl.col("destination_ip").is_not_null())
    ports = pl.concat([_repeat_visited(by_site, visits), _add_others(by_site, plan.dice)])
    assignments = _find_connections_held(by_port, plan, network, reported_us)
    result = pl.concat(
        [
            _with_destinations(assignments, visits, plan.dice),
            _add_others_by_port(rows_by_port, plan, network, reported_us),
            _find_connections_held(
                _repeat_overloaded(rows_by_port.filter(reuses), visits, plan.dice), plan, network, reported_us
            ),
            _find_connections_held(ports, plan, network, reported_us).with_columns(
                pl.col("destination_port").fill_null(HTTPS).alias("destination_port")
            ),
        ],
        how="diagonal_relaxed",
    )
    return result.with_columns(pl.col("destination_port").fill_null(HTTPS))


def _format_address(site: pl.Expr) -> pl.Expr:
    number = site + SITE_BASE + 10
    parts = [(number // (1 << shift) % 256).cast(pl.String) for shift in (24, 16, 8, 0)]
    return pl.concat_str(parts, separator=".")


def _with_destinations(assignments: pl.DataFrame, visits: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """The turns of ports with where their connections went: to the sites visited, else somewhere."""
    numbered = assignments.with_row_index("at")
    met = (
        numbered.join(visits, on=["key", "port"], how="inner")
        .filter(pl.col("true_us").is_between("start_us", "end_us"))
        .select("at", "site_ip")
        .unique()
    )
    return (
        numbered.join(met, on="at", how="left")
        .sort("at", "site_ip")
        .with_columns(dice.draw_below(200, "somewhere", "throw", "start_us").alias("site"))
        .with_columns(pl.coalesce("site_ip", _format_address(pl.col("site"))).alias("destination_ip"))
        .drop("at", "site", "site_ip")
    )


def _add_others_by_port(rows: pl.DataFrame, plan: NetworkPlan, network: int, reported_us: int) -> pl.DataFrame:
    """Some connections from other ports of the address, near in time, to the same site and to others."""
    some = rows.with_columns(pl.int_ranges(0, pl.lit(OTHERS), dtype=pl.Int64).alias("n")).explode("n")
    instant, port = _throw_instant_and_port(plan.dice)
    site = plan.dice.draw_below(60, "site of another", "throw", "n")
    drawn = some.with_columns(instant.alias("from_us"), port.alias("port"), site.alias("site"))
    drawn = drawn.with_columns(_format_address(pl.col("site")).alias("destination_ip"), until_us="from_us").drop(
        "n", "site"
    )
    return _find_connections_held(drawn, plan, network, reported_us)


def _find_connections_held(rows: pl.DataFrame, plan: NetworkPlan, network: int, reported_us: int) -> pl.DataFrame:
    """Return what `find_assignments` gives of rows whose connections went to `destination_ip`."""
    site = (parse_address_key("destination_ip") - SITE_BASE - 10).alias("site")
    return find_assignments(rows.with_columns(site), plan, network, reported_us).drop("site")


def _repeat_overloaded(rows: pl.DataFrame, visits: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """The rows, once for each destination that the port was used for in their time, all at once and by several lines.

    These are the sites that were visited from it, the one that was asked for, and two others.
    """
    seen = rows.join(visits, on=["key", "port"], how="inner").filter(
        pl.col("true_us").is_between("from_us", "until_us")
    )
    seen = seen.with_columns(destination_ip="site_ip").select(rows.columns)
    questions = rows.filter(pl.col("destination_ip").is_not_null())
    some = rows.with_columns(pl.int_ranges(0, pl.lit(2), dtype=pl.Int64).alias("n")).explode("n")
    site = dice.draw_below(60, "site of one port", "throw", "n")
    others = some.with_columns(_format_address(site).alias("destination_ip")).select(rows.columns)
    return pl.concat([seen, questions, others]).unique(maintain_order=True)


def _repeat_visited(rows: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """The rows that ask by destination, once for each port from which it was visited in their time."""
    days = rows.with_columns(
        pl.int_ranges(pl.col("from_us") // DAY_US, pl.col("until_us") // DAY_US + 1).alias("day")
    ).explode("day")
    seen = visits.with_columns((pl.col("true_us") // DAY_US).alias("day")).rename({"port": "seen_port"})
    met = days.join(seen, left_on=["key", "destination_ip", "day"], right_on=["key", "site_ip", "day"], how="inner")
    met = met.filter(pl.col("true_us").is_between("from_us", "until_us"))
    return met.with_columns(port="seen_port", from_us="true_us", until_us="true_us").select(rows.columns)


def _add_others(rows: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Others who visited the same site from the same address in that time: two at the least."""
    many = 2 + dice.draw_below(MOST_OTHERS - 1, "how many others", "throw")
    some = rows.with_columns(pl.int_ranges(pl.lit(0, pl.Int64), many, dtype=pl.Int64).alias("n")).explode("n")
    instant, port = _throw_instant_and_port(dice)
    drawn = some.with_columns(instant.alias("from_us"), port.alias("port"))
    return drawn.with_columns(until_us="from_us").select(rows.columns)


def _throw_instant_and_port(dice: Dice) -> tuple[pl.Expr, pl.Expr]:
    span = pl.col("until_us") - pl.col("from_us")
    ports = shared_ports.SHARERS * shared_ports.ROWS
    return (
        pl.col("from_us") + (dice.draw_unit("time of another", "throw", "n") * span).cast(pl.Int64),
        shared_ports.FIRST_PORT + dice.draw_below(ports, "port of another", "throw", "n"),
    )
