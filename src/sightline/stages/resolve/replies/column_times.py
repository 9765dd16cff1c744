"""Convert a whole column of local times to instants.

It uses the same zone tables as `reply_times.place_time` for single ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from sightline.stages.resolve.model import SECOND_US
from sightline.stages.scan.options import ZoneTable
from sightline.stages.scan.reference.record_times import END_S


@dataclass(frozen=True, slots=True)
class OffsetSpan:
    """A stretch of local time, from a second on: its offset (None in a gap), and its width if it is a fold."""

    from_s: int
    offset_s: int | None
    fold_s: int = 0


def split_range(table: ZoneTable, first_s: int, last_s: int) -> list[OffsetSpan]:
    """Return the pieces that hold the local seconds of a range, in order."""
    parts_of_pattern = [OffsetSpan(-(1 << 40), table[0][1])]
    for (_, before_s), (at_s, after_s) in pairwise(table):
        low, high = sorted((at_s + before_s, at_s + after_s))
        if high <= first_s:
            parts_of_pattern = [OffsetSpan(-(1 << 40), after_s)]
        elif low <= last_s and before_s != after_s:
            middle = OffsetSpan(low, None) if after_s > before_s else OffsetSpan(low, before_s, before_s - after_s)
            parts_of_pattern += [middle, OffsetSpan(high, after_s)]
    return parts_of_pattern


def place_times(
    local_us: pl.Series, offset_s: pl.Series | None, step_us: pl.Series | int, zone: ZoneTable | None
) -> pl.DataFrame:
    """Return `us` and `slack_us` of local times. Both are null in a gap, without a zone, or outside of 1970 to 2199.

    `offset_s`: the offset written beside the time, else null; None if no time has one.
    """
    frame = pl.DataFrame({"local": local_us}).with_columns(
        pl.lit(None, pl.Int64).alias("offset") if offset_s is None else offset_s.alias("offset"),
        pl.lit(step_us, pl.Int64).alias("step") if isinstance(step_us, int) else step_us.alias("step"),
    )
    declared, fold = pl.lit(None, pl.Int64), pl.lit(0, pl.Int64)
    lowest, highest = local_us.min(), local_us.max()
    if zone is not None and isinstance(lowest, int) and isinstance(highest, int):
        first, *others = split_range(zone, lowest // SECOND_US, highest // SECOND_US)
        declared, fold = pl.lit(first.offset_s, pl.Int64), pl.lit(first.fold_s * SECOND_US, pl.Int64)
        for piece in others:
            is_in = pl.col("local") >= piece.from_s * SECOND_US
            declared = pl.when(is_in).then(pl.lit(piece.offset_s, pl.Int64)).otherwise(declared)
            fold = pl.when(is_in).then(pl.lit(piece.fold_s * SECOND_US, pl.Int64)).otherwise(fold)
    if offset_s is None:
        us, slack = pl.col("local") - declared * SECOND_US, pl.col("step") + fold
    else:
        us = pl.col("local") - pl.coalesce("offset", declared) * SECOND_US
        slack = pl.col("step") + pl.when(pl.col("offset").is_not_null()).then(0).otherwise(fold)
    is_in_range = us.is_between(0, END_S * SECOND_US, closed="left")
    return frame.select(us=pl.when(is_in_range).then(us), slack_us=pl.when(is_in_range).then(slack))
