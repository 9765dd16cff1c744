"""Join two replies that answer in two steps: one gives a connection's inside address, the other the line behind it.

Both steps are stored separately, and joined each time that replies are read together: if one of them is withdrawn,
nothing that depends on both is left.
"""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import ASSIGNED, DOUBTS
from sightline.stages.resolve.replies.address_spaces import without_space_doubts
from sightline.stages.resolve.replies.nat_join import join_steps

SECOND: dict[str, pl.DataType] = {"second": pl.UInt64(), "second_doubts": DOUBTS}
"""Columns beside a matched row: the place (`reply << 32 | row`) of the access log row that gave its line, and the
doubts about that row; null if no other row did.
"""
PLACE = pl.col("reply").cast(pl.UInt64) * (1 << 32) + pl.col("row")


def join_second_steps(met: pl.DataFrame, inside: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with SECOND. Rows with only an inside address are replaced by rows that have a line too.

    `met`: as `verdicts` takes it, with `doubts`. `inside`: rows of valid access logs (ASSIGNED, with `subscriber`
    instead of numbers), with `doubts`, `reply` and `is_certified`. Both have a `family`, and rows of one are joined: an
    inside address means nothing in the network of another licensee or circle. Steps in one reply were joined when it
    was read, with all that it says of its networks. `rejected`: `reply` and `row` of rows that were not read whole. A
    joined row is certified if both steps are, and has the doubts of both.
    """
    bare = met.with_columns(pl.lit(None, kind).alias(name) for name, kind in SECOND.items())
    wanted = met.select(is_inside_only_of_one()).to_series()
    if inside.is_empty() or not wanted.any():
        return bare
    numbered = bare.rename({"subscriber": "number", "row": "own_row"}).with_row_index("row")
    access = inside.rename({"subscriber": "number"}).with_columns(place=PLACE).drop("row").with_row_index("row")
    is_bad = numbered.join(rejected, left_on=["reply", "own_row"], right_on=["reply", "row"], how="semi")["row"]
    frames = [numbered.filter(~wanted).with_columns(inside_row=pl.lit(None, pl.UInt32))]
    parted = numbered.filter(wanted).partition_by("family", "reply", as_dict=True, maintain_order=True)
    for (family, reply), some in parted.items():
        of_it = access.filter(pl.col("family") == family, pl.col("reply") != reply).select(*ASSIGNED)
        frames.append(join_steps(some, of_it, is_bad).select(frames[0].columns))
    whole = pl.concat(frames).sort("row", maintain_order=True)
    beside = access.select(
        inside_row="row", second="place", second_doubts=pl.col("doubts"), of_second=pl.col("is_certified")
    )
    joined_rows = whole.drop(*SECOND).join(beside, on="inside_row", how="left", maintain_order="left")
    both = pl.concat_list("doubts", pl.col("second_doubts").fill_null([])).list.unique(maintain_order=True)
    is_of_one_space = pl.col("inside_row").is_not_null() & pl.col("doubted_by").is_null()
    both = pl.when(is_of_one_space).then(without_space_doubts(both)).otherwise(both)
    joined_rows = joined_rows.with_columns(
        doubts=both, is_certified=pl.col("is_certified") & pl.col("of_second").fill_null(value=True)
    )
    joined_rows = joined_rows.with_columns(is_doubted=pl.col("doubts").list.len() > 0)
    return joined_rows.drop("row").rename({"own_row": "row", "number": "subscriber"}).select(bare.columns)


def is_inside_only_of_one() -> pl.Expr:
    """Match rows that give only one inside address, with `subscriber` for the number."""
    is_line = pl.col("says") == "assigned"
    return pl.col("inside_ip").is_not_null() & pl.col("subscriber").is_null() & pl.col("ip").is_not_null() & is_line
