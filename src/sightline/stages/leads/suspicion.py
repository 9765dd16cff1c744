"""Whether the records of an exhibit were made up: addresses that count upwards from line to line."""

from __future__ import annotations

import polars as pl

SEQUENCE, SHARE = 8, 0.5
"""So many lines, each with the address above the one before, and this share of those looked at: no visitors do that."""
WINDOW, EVERY = 1 << 20, 1 << 26
"""What is looked at of a long exhibit: the first mebibyte of each 64; all of a shorter one's first 64."""
IS_LOOKED_AT = (pl.col("byte_offset") < EVERY) | (pl.col("byte_offset") % EVERY < WINDOW)


def is_made_up(hits: pl.DataFrame) -> bool:
    """Whether these hits of one exhibit (`member byte_offset hi lo`, any order) look written by a program."""
    frames = hits.unique(["member", "byte_offset"]).sort("member", "byte_offset")
    same = pl.col("member").eq_missing(pl.col("member").shift(1)) & (pl.col("hi") == pl.col("hi").shift(1))
    follows = frames.select((same & (pl.col("lo") == pl.col("lo").shift(1) + 1)).sum()).item()
    return bool(follows >= SEQUENCE and follows >= SHARE * len(frames))
