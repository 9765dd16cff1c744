"""Damage a whole log like people, machines and full disks do: duplicate lines, forged lines, a missing end."""

from __future__ import annotations

import polars as pl

from sightline.exercise.addresses import format_address
from sightline.exercise.agents import FIRST_IMPOSSIBLE, IMPOSSIBLE
from sightline.exercise.channels import Channel
from sightline.exercise.dice import Dice
from sightline.exercise.logs.log_files import RotatedLog, truncate_file
from sightline.exercise.networks import NETWORKS

_FORGED = NETWORKS[1].base
"""The first forged address. They follow each other, in a network that does not share addresses."""


def insert_lines(visits: pl.DataFrame, channel: Channel, dice: Dice) -> pl.DataFrame:
    """Return the visits of a whole log as it contains them."""
    if channel.fault == "replayed":
        twice = dice.draw_unit("replayed", "session", "n") < 0.5
        return visits.with_columns(pl.when(twice).then(2).otherwise(1).alias("times")).select(
            pl.all().exclude("times").repeat_by("times").explode()
        )
    if channel.fault == "poisoned":
        return _poison_visits(visits, dice)
    return visits


def _poison_visits(visits: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Sequential addresses, agents that cannot be, and answers larger than the object that was asked for."""
    return (
        visits.with_row_index("at")
        .with_columns(
            (_FORGED + pl.col("at") % (1 << 12)).cast(pl.Int64).alias("key"),
            (FIRST_IMPOSSIBLE + dice.draw_below(len(IMPOSSIBLE), "forged agent", "at")).alias("agent"),
            (pl.col("bytes") * (1 + dice.draw_below(9, "forged size", "at"))).alias("bytes"),
        )
        .with_columns(format_address("key").alias("ip"))
        .drop("at")
    )


def truncate_files(log: RotatedLog, written: pl.DataFrame) -> pl.DataFrame:
    """Truncate every file of a completed log, and return what is still readable of it."""
    left = {place: truncate_file(path) for place, path in enumerate(log.close())}
    rows = pl.DataFrame({"file": list(left), "whole": list(left.values())}, schema_overrides={"file": pl.Int32})
    return written.join(rows, on="file", how="left").filter(pl.col("row") < pl.col("whole")).drop("whole")
