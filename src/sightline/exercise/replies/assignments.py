"""Find who had an address, and a port of it, in a period: every overlapping assignment, with its true bounds."""

from __future__ import annotations

import polars as pl

from sightline.exercise import shared_ports
from sightline.exercise.networks import NETWORKS, NetworkPlan, compute_lease_end, compute_line_number, find_holder
from sightline.exercise.period import DAY_US, HOUR_US

SPAN = ["start_us", "end_us"]


def find_assignments(rows: pl.DataFrame, plan: NetworkPlan, network: int, reported_us: int) -> pl.DataFrame:
    """Return one row for each line of this network that had the row's `key` and `port`.

    It had them for a part of `from_us` to `until_us`.

    Added are `start_us`, `end_us`, `port_from`, `port_to`, `line`, `held`. Addresses of another network or of nobody
    give no row. A static line's assignment ends when the reply is made. Rows may have `site`, the destination of a
    connection.
    """
    one = NETWORKS[network]
    columns = rows.columns
    rows = rows if "site" in rows.columns else rows.with_columns(pl.lit(None, pl.Int64).alias("site"))
    table = plan.table.row(network, named=True)
    ends = pl.col("base") + pl.col("areas") * pl.col("size")
    here = rows.with_columns(pl.lit(value).cast(pl.Int64).alias(name) for name, value in table.items())
    here = here.filter(pl.col("key") >= pl.col("base"), pl.col("key") < ends).with_columns(
        ((pl.col("key") - pl.col("base")) // pl.col("size")).alias("area")
    )
    if one.lease_us == 0:
        since = reported_us - DAY_US * (400 + plan.dice.draw_below(1500, "activation", "key"))
        assignments = here.with_columns(since.alias("start_us"), pl.lit(reported_us).alias("end_us"))
    else:
        assignments = _join_leases(here)
    if network == shared_ports.BY_CONNECTION:
        assignments = _keep_slotted(_join_turns(assignments))
    elif network == shared_ports.BY_BLOCK:
        assignments = _keep_slotted(_join_blocks(assignments))
    elif one.ports:
        assignments = _join_sized_blocks(assignments)
    else:
        assignments = assignments.with_columns(
            pl.lit(None, pl.Int64).alias(name) for name in ("port_from", "port_to", "slot")
        )
    assignments = assignments.with_columns(_find_line_index().alias("index")).filter(pl.col("index") < pl.col("held"))
    return assignments.with_columns(compute_line_number("index").alias("line")).select(
        *columns, *SPAN, "port_from", "port_to", "line", "held"
    )


def _join_leases(rows: pl.DataFrame) -> pl.DataFrame:
    """With the leases of the address that overlap the time."""
    shift = pl.col("area") * HOUR_US
    numbers = pl.int_ranges(
        (pl.col("from_us") + shift) // pl.col("lease_us"), (pl.col("until_us") + shift) // pl.col("lease_us") + 1
    )
    result = rows.with_columns(numbers.alias("lease")).explode("lease")
    begins = pl.col("lease") * pl.col("lease_us") - shift
    return (
        result.with_columns(begins.alias("start_us"))
        .with_columns(compute_lease_end("start_us").alias("end_us"))
        .drop("lease")
    )


def _repeat_within(rows: pl.DataFrame, first: pl.Expr, last: pl.Expr, name: str) -> pl.DataFrame:
    """Each row once for every number from the first to the last."""
    return rows.with_columns(pl.int_ranges(first, last + 1).alias(name)).explode(name)


def _clip_time() -> tuple[pl.Expr, pl.Expr]:
    """The part of the time that lies in the assignment."""
    return pl.max_horizontal("from_us", "start_us"), pl.min_horizontal("until_us", pl.col("end_us") - 1)


def _cut_time(begins: pl.Expr, ends: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return (
        pl.max_horizontal("start_us", begins).alias("start_us"),
        pl.min_horizontal("end_us", ends).alias("end_us"),
    )


def _join_turns(rows: pl.DataFrame) -> pl.DataFrame:
    """The turns of a single port within each lease. Without a port nothing can be said."""
    row, (begins, ends) = shared_ports.compute_port_row("port"), _clip_time()
    questions = rows.filter(pl.col("port").is_not_null()).with_columns(begins.alias("a_us"), ends.alias("z_us"))
    result = _repeat_within(
        questions, shared_ports.number_turn("a_us", row), shared_ports.number_turn("z_us", row), "turn"
    )
    starts = shared_ports.turn_begins("turn", row)
    return result.with_columns(*_cut_time(starts, starts + shared_ports.compute_pace_us(row))).with_columns(
        port_from="port", port_to="port", slot=shared_ports.compute_slot_of_port("port", "turn", "site")
    )


def _join_blocks(rows: pl.DataFrame) -> pl.DataFrame:
    """The turns of a block of ports within each lease; without a port all blocks."""
    begins, ends = _clip_time()
    every = pl.int_ranges(0, shared_ports.SHARERS, dtype=pl.Int64)
    questions = rows.with_columns(
        begins.alias("a_us"), ends.alias("z_us"), _choose_block(every, shared_ports.compute_port_block("port"))
    )
    questions = questions.explode("block")
    result = _repeat_within(
        questions, shared_ports.compute_block_turn("a_us"), shared_ports.compute_block_turn("z_us"), "turn"
    )
    starts = shared_ports.compute_block_begin("turn")
    first = shared_ports.FIRST_PORT + pl.col("block") * shared_ports.BLOCK
    return result.with_columns(*_cut_time(starts, starts + shared_ports.BLOCK_US)).with_columns(
        port_from=first,
        port_to=first + shared_ports.BLOCK - 1,
        slot=shared_ports.compute_slot_of_block("block", "turn"),
    )


def _choose_block(every: pl.Expr, expression: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("port").is_null()).then(every).otherwise(pl.concat_list(expression)).alias("block")


def _join_sized_blocks(rows: pl.DataFrame) -> pl.DataFrame:
    """Blocks that a statement names: of the size that it says, from the port on that it says."""
    every = pl.int_ranges(0, "lines_each", dtype=pl.Int64)
    expression = (pl.col("port") - pl.col("first_port")) // pl.col("ports")
    result = rows.with_columns(_choose_block(every, expression)).explode("block")
    first = pl.col("first_port") + pl.col("block") * pl.col("ports")
    return result.with_columns(port_from=first, port_to=first + pl.col("ports") - 1, slot="block").filter(
        pl.col("slot").is_between(0, pl.col("lines_each") - 1)
    )


def _keep_slotted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("slot").is_between(0, pl.col("lines_each") - 1), pl.col("start_us") < pl.col("end_us"))


def _find_line_index() -> pl.Expr:
    """The line that holds the key in a lease: the first of those that share it, and its slot."""
    return find_holder("start_us", "key", "port_from", first_of_many=True) + pl.col("slot").fill_null(0)


def pick_other_line(line: str, draw: pl.Expr) -> pl.Expr:
    """Return another line of the same area, from a number from 0 to below 1. Needs `held`, the number of its lines."""
    index = pl.col(line) % (1 << 40)
    step = 1 + (draw * (pl.col("held") - 1)).cast(pl.Int64)
    return pl.col(line) - index + (index + step) % pl.col("held")
