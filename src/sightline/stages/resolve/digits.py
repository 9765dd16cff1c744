"""Find texts that differ by one digit: another digit, one too many or too few, or two neighbours swapped.

Two such texts are equal once one digit is removed from either, or from the longer one. They are joined by that (as
SymSpell does, W. Garbe 2012); places and digits then tell which of the four it is.
"""

from __future__ import annotations

import polars as pl

DIGIT = "[0-9a-f]"


def find_one_off(left: pl.Series, right: pl.Series, digit: str = DIGIT) -> pl.DataFrame:
    """Return distinct pairs (`left`, `right`) of texts that are one digit apart. `digit`: what is one, as a pattern."""
    if left.null_count() == len(left) or right.null_count() == len(right):
        return pl.DataFrame(schema={"left": pl.String, "right": pl.String})
    ours, theirs = _without_each_digit(left, digit), _without_each_digit(right, digit)
    both = ours.join(theirs, on="rest", suffix="_other")
    one_place = pl.col("place") == pl.col("place_other")
    neighbours = (pl.col("place") - pl.col("place_other")).abs() == 1
    swapped = neighbours & (pl.col("digit") == pl.col("digit_other"))
    of_one_length = both.filter((one_place | swapped) & (pl.col("text") != pl.col("text_other")))
    longer = ours.join(_list_full_texts(right), on="rest", suffix="_other")
    shorter = _list_full_texts(left).join(theirs, on="rest", suffix="_other")
    pairs = [table.select(left="text", right="text_other") for table in (of_one_length, longer, shorter)]
    return pl.concat(pairs).unique().sort("left", "right")


def _list_full_texts(texts: pl.Series) -> pl.DataFrame:
    return texts.drop_nulls().unique().alias("text").to_frame().with_columns(rest="text")


def _without_each_digit(texts: pl.Series, which: str) -> pl.DataFrame:
    whole = texts.drop_nulls().unique().alias("text").to_frame()
    places = pl.int_ranges(0, pl.col("text").str.len_bytes().cast(pl.Int64)).alias("place")
    each = whole.with_columns(places).explode("place")
    digit = pl.col("text").str.slice("place", 1)
    after = pl.col("text").str.slice(pl.col("place") + 1)
    rest = pl.concat_str(pl.col("text").str.slice(0, "place"), after)
    return each.with_columns(digit.alias("digit"), rest.alias("rest")).filter(pl.col("digit").str.contains(which))
