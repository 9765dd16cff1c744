"""An ISP that answers without fault: which line held an address, and its port, over the whole of a time."""

from __future__ import annotations

import polars as pl

from sightline.exercise.networks import NETWORKS, Plan, holder, line_of
from sightline.exercise.states import STATES

OPERATOR = -1
"""Who is named for an address that no line of a subscriber has: whoever runs a server, a relay or a crawler there."""


def located(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The rows, which have `key`, with the network and area of each address, and `home`, the state of that area."""
    table = plan.table.sort("base")
    found = rows.with_row_index("_at").sort("key").join_asof(table, left_on="key", right_on="base", strategy="backward")
    within = (pl.col("key") < pl.col("base") + pl.col("areas") * pl.col("size")).fill_null(value=False)
    area = pl.when(within).then((pl.col("key") - pl.col("base")) // pl.col("size"))
    states = pl.DataFrame(
        [
            (place, area, STATES[state].code)
            for place, one in enumerate(NETWORKS)
            for area, state in enumerate(one.states)
        ],
        schema={"network": pl.Int64, "area": pl.Int64, "home": pl.String},
        orient="row",
    )
    found = found.with_columns(area.alias("area"))
    return found.join(states, on=["network", "area"], how="left").sort("_at").drop("_at")


def named(rows: pl.DataFrame, begins: pl.Expr, ends: pl.Expr) -> pl.Expr:
    """The line that a `located` row's address and port had all the time: null for several, or one of many."""
    times = {"_begins": begins, "_ends": ends}
    found = rows.with_columns(**times)
    lines = [
        found.with_columns(holder(at, "key", "port").alias("_index")).select(line_of("_index")).to_series()
        for at in times
    ]
    # A lease that ended within the time was another's before or after: asked for both, the ISP names two.
    alike = pl.lit(lines[0]).eq(pl.lit(lines[1]))
    return pl.when(pl.col("area").is_null()).then(OPERATOR).when(alike).then(pl.lit(lines[0]))
