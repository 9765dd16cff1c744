"""Find rows whose line has an id of another shape than all others of the reply: a mangled one, or no id of a line."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import NumberKind

_KINDS = [one.value for one in (NumberKind.USER_ID, NumberKind.CIRCUIT, NumberKind.ACCOUNT)]
_LEAST, _MOST_ODD = 5, 0.1
"""The minimum number of ids of one shape, and the maximum part of others, of which one is allowed in any case."""


def find_odd_shapes(rows: pl.DataFrame) -> pl.Series:
    """Return the rows (`row`, `number`, `number_kind`) whose id has other signs, or letters where all others have none.

    The shape of `beta-4711` is `a-0`: how many letters and figures it has does not count, nor which they are. Where
    customers choose their names there is no usual shape.
    """
    ids = rows.filter(pl.col("number_kind").is_in(_KINDS)).select("row", "number", "number_kind").drop_nulls()
    shape = pl.col("number").str.replace_all(r"[\pL\pM]+", "a").str.replace_all(r"[0-9]+", "0")
    shaped = ids.with_columns(shape=shape)
    counted = shaped.group_by("number_kind", "shape").agg(pl.col("number").n_unique().alias("ids"))
    usual = pl.col("ids").max().over("number_kind")
    others = pl.col("ids").sum().over("number_kind") - usual
    few = pl.max_horizontal(pl.lit(1), _MOST_ODD * (others + usual))
    odd = counted.filter(pl.col("ids") < usual, usual >= _LEAST, others <= few)
    return shaped.join(odd, on=["number_kind", "shape"], how="semi")["row"]
