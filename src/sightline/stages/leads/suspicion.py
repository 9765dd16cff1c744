"""What in an exhibit looks made up: addresses that count upwards from line to line, answers larger than their page."""

from __future__ import annotations

import polars as pl

SEQUENCE, SHARE = 8, 0.5
"""So many lines, each with the address above the one before, and this share of those looked at: no visitors do that."""
SIZES, TIMES_LARGER = 8, 10
"""How many whole answers say how large a page usually is, and how many times that is too large."""
WINDOW, EVERY = 1 << 20, 1 << 26
"""What is looked at of a long exhibit: the first mebibyte of each 64; all of a shorter one's first 64."""
IS_LOOKED_AT = (pl.col("byte_offset") < EVERY) | (pl.col("byte_offset") % EVERY < WINDOW)


def is_made_up(hits: pl.DataFrame) -> bool:
    """Whether these hits of one exhibit (`member byte_offset hi lo`, any order) look written by a program."""
    frames = hits.unique(["member", "byte_offset"]).sort("member", "byte_offset")
    same = pl.col("member").eq_missing(pl.col("member").shift(1)) & (pl.col("hi") == pl.col("hi").shift(1))
    follows = frames.select((same & (pl.col("lo") == pl.col("lo").shift(1) + 1)).sum()).item()
    return bool(follows >= SEQUENCE and follows >= SHARE * len(frames))


def limits(hits: pl.LazyFrame) -> pl.DataFrame:
    """`url_code limit`: ten times the median of eight or more whole answers (`url status bytes`) that a page has.

    Only of pages of which an answer is above that of the smallest.
    """
    size = pl.col("bytes")
    answers = hits.filter(pl.col("url").is_not_null() & pl.col("status").eq(200) & (size > 0))
    pages = answers.select(pl.col("url").hash().alias("url_code"), size).collect(engine="streaming").lazy()
    bounds = pages.group_by("url_code").agg(pl.len().alias("n"), size.min().alias("least"), size.max().alias("most"))
    uneven = bounds.filter((pl.col("n") >= SIZES) & (pl.col("most") > pl.col("least") * TIMES_LARGER))
    usual = pages.join(uneven, on="url_code", how="semi").group_by("url_code").agg(size.median() * TIMES_LARGER)
    return usual.rename({"bytes": "limit"}).sort("url_code").collect()
