"""One truth value for every question that is counted of a session."""

from __future__ import annotations

import polars as pl

from sightline.exercise.faults import FAULTS
from sightline.exercise.grading.judged import RANKS
from sightline.records import Ceiling

MACHINES = ("crawler", "monitor", "agency", "prefetch")
TRACELESS = tuple(name for name, fault in FAULTS.items() if fault.traceless)
BURST_SITES = 3
"""So many sites of a burst must have met the list, for a trace of it to be left."""


def verdicts(judged: pl.DataFrame) -> pl.DataFrame:
    """One truth value a question that is counted."""
    subscriber = RANKS[Ceiling.SUBSCRIBER]
    said, is_asked = pl.col("said_rank"), (pl.col("said_rank") == subscriber).fill_null(value=False)
    is_named = is_asked & pl.col("said_line").is_not_null()
    right = pl.col("true").list.contains(pl.col("said_line")).fill_null(value=False)
    naive_right = pl.col("true").list.contains(pl.col("naive_line")).fill_null(value=False)
    resolvable = pl.col("rank") == subscriber
    faults = pl.concat_list(pl.col("origins").fill_null([]), pl.col("logs").fill_null([])).list.unique(
        maintain_order=True
    )
    place, nameable = pl.col("said_state").is_not_null(), pl.col("state").is_not_null()
    false_place = place & (pl.col("said_state") != pl.col("home")).fill_null(value=True)
    wrong = is_named & ~right
    # Where the ideal reader would be wrong too, no record told.
    misled = resolvable & pl.col("line").is_not_null() & ~pl.col("true").list.contains(pl.col("line"))
    traceless = misled.fill_null(value=False)
    machine = faults.list.eval(pl.element().is_in(MACHINES)).list.any()
    automated = RANKS[Ceiling.AUTOMATED]
    return judged.with_columns(
        faults.alias("faults"),
        said.is_null().alias("missed"),
        (said > pl.col("rank")).fill_null(value=False).alias("too_high"),
        (said < pl.col("rank")).fill_null(value=False).alias("too_low"),
        is_named.alias("named"),
        (wrong & ~traceless).alias("wrong"),
        (wrong & traceless).alias("wrong_traceless"),
        traceless.alias("traceless"),
        resolvable.alias("resolvable"),
        (resolvable & is_asked).alias("resolved"),
        nameable.alias("nameable"),
        place.alias("placed"),
        (nameable & place).alias("placed_nameable"),
        # Where every data set that may speak agrees on what is false, no record tells.
        (false_place & (pl.col("said_state") != pl.col("state")).fill_null(value=True)).alias("misplaced"),
        (false_place & (pl.col("said_state") == pl.col("state"))).fill_null(value=False).alias("misplaced_traceless"),
        (pl.col("tor") == "yes").alias("tor_covered"),
        ((pl.col("tor") == "yes") & ~pl.col("said_relay").fill_null(value=False)).alias("tor_missed"),
        (machine & (pl.col("rank") == automated)).alias("machine"),
        (machine & (pl.col("rank") == automated) & (said == automated).fill_null(value=False)).alias("machine_seen"),
        (~naive_right).alias("naive_wrong"),
        (pl.col("guess").is_not_null()).alias("naive_placed"),
        (pl.col("guess") != pl.col("home")).fill_null(value=True).alias("naive_misplaced"),
    ).with_columns((pl.col("naive_misplaced") & pl.col("naive_placed")).alias("naive_misplaced"), _accident())


def _accident() -> pl.Expr:
    """A burst over several sites, as far as anything of it is left in the records."""
    return (
        (pl.col("origins").list.contains("pop-under") & (pl.col("sites") >= BURST_SITES))
        .fill_null(value=False)
        .alias("accident")
    )
