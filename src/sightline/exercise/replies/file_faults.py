"""Apply faults of a whole reply: a system writes them to every row, so that the file does not mean what it states."""

from __future__ import annotations

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.networks import NETWORKS
from sightline.exercise.period import DAY_US, HOUR_US
from sightline.exercise.replies.assignments import pick_other_line
from sightline.exercise.replies.habits import IST, Habit
from sightline.exercise.replies.spoiled_rows import TABLES

ALL_ROWS = ("reply-twelve-hours", "reply-one-instant", "reply-scheduled-ends", "reply-milliseconds")
FEWEST = 24
"""The number of rows below which a clock of twelve hours is not recognisable."""
SOME = 8
LINES = 3
NOON = 12
PLANNED_US = 2 * DAY_US
MILLISECONDS = 1000


def can_have(fault: str | None, network: int, habit: Habit, assignments: pl.DataFrame) -> bool:
    """Return whether an ISP's reply with these assignments can have a fault of whole replies, and show it."""
    many = assignments.height >= SOME and assignments["line"].n_unique() >= LINES
    match fault:
        case "reply-twelve-hours":
            return NETWORKS[network].lines_each > 1 and not NETWORKS[network].ports and assignments.height >= FEWEST
        case "reply-one-instant":
            return many and habit.layout in TABLES
        case "reply-scheduled-ends":
            return many and habit.layout == "dhcp-leases"
        case "reply-milliseconds":
            return many and habit.layout in {"ipdr-2013", "nat-blocks"}
        case "reply-zone-column":
            return habit.layout in TABLES and habit.zone == IST
        case _:
            return fault is not None


def change_assignments(
    assignments: pl.DataFrame, fault: str | None, dice: Dice, reported_us: int, *, half: bool
) -> pl.DataFrame:
    """Return the assignments of a reply with that fault. `half`: the other one of its two variants."""
    other = pick_other_line("line", dice.draw_unit("whom a whole file names", "throw"))
    match fault:
        case "reply-one-instant":
            # The holder of the address on the day of the reply, shown as of that instant, or of a month until it.
            start = pl.lit(reported_us - 60 * DAY_US if half else reported_us)
            return assignments.with_columns(
                start.alias("start_us"), pl.lit(reported_us).alias("end_us"), other.alias("line")
            )
        case "reply-scheduled-ends":
            # The previous lease, which was returned early: its end is the planned one.
            start = (
                pl.col("from_us")
                - HOUR_US
                - (dice.draw_unit("planned", "throw") * (PLANNED_US - 6 * HOUR_US)).cast(pl.Int64)
            )
            return assignments.with_columns(
                start.alias("start_us"), (start + PLANNED_US).alias("end_us"), other.alias("line")
            )
        case _:
            return assignments


def split_renewals(assignments: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Return leases in which a renewal is a row: each in two pieces of some length."""
    share = 0.1 + 0.8 * dice.draw_unit("renewed", "key", "start_us")
    span = (pl.col("end_us") - pl.col("start_us")) // 1_000_000
    at = pl.col("start_us") + (span * share).cast(pl.Int64) * 1_000_000
    return pl.concat([assignments.with_columns(at.alias("end_us")), assignments.with_columns(at.alias("start_us"))])


def add_file_fault(rows: pl.DataFrame, fault: str | None, *, half: bool) -> pl.DataFrame:
    """Return the rows, with their local times, as a system with that fault writes them: `start`, `end`, `duration`."""
    match fault:
        case "reply-twelve-hours":
            hours = [pl.col(edge).dt.hour().cast(pl.Int64) for edge in ("start", "end")]
            return rows.with_columns(
                (pl.col(edge) - pl.duration(hours=hour - ((hour + NOON - 1) % NOON + 1))).alias(edge)
                for edge, hour in zip(("start", "end"), hours, strict=True)
            )
        case "reply-milliseconds":
            span_s = (pl.col("end") - pl.col("start")).dt.total_seconds()
            if half:
                late = pl.col("start") + pl.duration(seconds=span_s * MILLISECONDS)
                return rows.with_columns(late.alias("end"), span_s.cast(pl.String).alias("duration"))
            return rows.with_columns((span_s * MILLISECONDS).cast(pl.String).alias("duration"))
        case _:
            return rows


def with_zones(rows: pl.DataFrame, fault: str | None, dice: Dice) -> pl.DataFrame:
    """Return the rows with `zone`, if the file has a column for it."""
    if fault != "reply-zone-column":
        return rows
    some = pl.when(dice.draw_unit("zone of a row", "throw") < 0.5).then(pl.lit("UTC")).otherwise(pl.lit("IST"))
    return rows.with_columns(some.alias("zone"))
