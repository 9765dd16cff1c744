"""Model an ISP without faults: which line had an address, and its port, for the whole of a period."""

from __future__ import annotations

import polars as pl

from sightline.exercise.networks import NETWORKS, NetworkPlan, compute_line_number, find_holder
from sightline.exercise.states import STATES

OPERATOR = -1
"""The subscriber named for an address without a subscriber's line: the operator of a server, relay or crawler."""


def locate_rows(rows: pl.DataFrame, plan: NetworkPlan) -> pl.DataFrame:
    """Return the rows with the network and area of each address.

    The rows have `key`. `home` is the state of the area.
    """
    table = plan.table.sort("base")
    result = (
        rows.drop("ports")
        .with_row_index("_at")
        .sort("key")
        .join_asof(table, left_on="key", right_on="base", strategy="backward")
    )
    within = (pl.col("key") < pl.col("base") + pl.col("areas") * pl.col("size")).fill_null(value=False)
    area = pl.when(within).then((pl.col("key") - pl.col("base")) // pl.col("size"))
    states = pl.DataFrame(
        [
            (place, area, STATES[state].code)
            for place, network in enumerate(NETWORKS)
            for area, state in enumerate(network.states)
        ],
        schema={"network": pl.Int64, "area": pl.Int64, "home": pl.String},
        orient="row",
    )
    result = result.with_columns(area.alias("area"))
    return result.join(states, on=["network", "area"], how="left").sort("_at").drop("_at")


def find_true_lines(rows: pl.DataFrame, begins: pl.Expr, ends: pl.Expr, *, first_of_many: bool = False) -> pl.Series:
    """Return the line that had each `located` row's address and port all the time: null for several, or one of many."""
    result = rows.select(
        "key", "port", "network", "area", "base", "size", "lease_us", "lines_each", "ports", "first_port", "back",
        _begins=begins, _ends=ends,
    )  # fmt: skip
    lines = [
        result.with_columns(find_holder(at, "key", "port", first_of_many=first_of_many).alias("_index")).select(
            compute_line_number("_index").alias(at)
        )
        for at in ("_begins", "_ends")
    ]
    # A lease that ended within the time was another line's before or after: asked for both, the ISP names two.
    alike = pl.when(pl.col("_begins") == pl.col("_ends")).then("_begins")
    both = pl.concat([*lines, result.select("area")], how="horizontal")
    return both.select(pl.when(pl.col("area").is_null()).then(OPERATOR).otherwise(alike)).to_series()
