"""Find rows whose line has an id of another shape than all others of the reply: a mangled one, or no id of a line."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.digits import find_one_off
from sightline.stages.resolve.model import NumberKind

_KINDS = [kind.value for kind in (NumberKind.USER_ID, NumberKind.CIRCUIT, NumberKind.ACCOUNT)]
_LEAST, _MOST_ODD = 5, 0.1
"""The minimum number of ids of one shape, and the maximum part of others, of which two are allowed in any case."""


def find_odd_shapes(rows: pl.DataFrame) -> pl.Series:
    """Return the rows (`row`, `number`, `number_kind`) whose id has other signs, or letters where all others have none.

    The shape of `beta-4711` is `a-0`: how many letters and figures it has does not count, nor which they are. Where
    customers choose their names there is no usual shape.
    """
    ids = rows.filter(pl.col("number_kind").is_in(_KINDS)).select("row", "number", "number_kind").drop_nulls()
    if ids.is_empty():
        return ids["row"]
    shape = pl.col("number").str.replace_all(r"[\pL\pM]+", "a").str.replace_all(r"[0-9]+", "0")
    shaped = ids.with_columns(shape=shape)
    counted = shaped.group_by("number_kind", "shape").agg(pl.col("number").n_unique().alias("ids"))
    usual = pl.col("ids").max().over("number_kind")
    others = pl.col("ids").sum().over("number_kind") - usual
    few = pl.max_horizontal(pl.lit(2), _MOST_ODD * (others + usual))
    odd = counted.filter(pl.col("ids") < usual, usual >= _LEAST, others <= few)
    values = shaped.join(odd, on=["number_kind", "shape"], how="semi")["row"]
    return pl.concat([values, _find_misspelt(ids), _find_too_long(ids), _find_too_short(ids)]).unique()


_WORDS = {"prefix": r"^([a-z]{3,})[^\pL\pM]", "realm": r"@([a-z0-9.-]{3,})$"}
_MOST_RARE, _MOST_USUAL = 2, 0.7
_LEAST_LETTERS = 5
"""A shorter word may be one letter from another honest one, as codes of districts are: `tcr`, `tvr`."""


def _find_misspelt(ids: pl.DataFrame) -> pl.Series:
    """Return rows whose id begins with a word, or has a realm, one letter from that of nearly all: `bta-4711`."""
    result = [ids["row"].head(0)]
    for pattern in _WORDS.values():
        worded = ids.with_columns(word=pl.col("number").str.to_lowercase().str.extract(pattern)).drop_nulls()
        if worded.is_empty():
            continue
        counted = worded.group_by("number_kind", "word").agg(pl.col("number").n_unique().alias("ids"))
        share = pl.col("ids") / pl.col("ids").sum().over("number_kind")
        usual = counted.filter(pl.col("ids") >= _LEAST, share >= _MOST_USUAL)
        rare = counted.filter(pl.col("ids") <= _MOST_RARE)
        long = usual.filter(pl.col("word").str.len_chars() >= _LEAST_LETTERS)["word"]
        pairs = pl.concat([find_one_off(rare["word"], usual["word"]), find_one_off(rare["word"], long, "[a-z0-9.-]")])
        result.append(worded.filter(pl.col("word").is_in(pairs["left"].implode()))["row"])
    return pl.concat(result).unique()


_NETWORK = r"^imsi:(404[0-9]{2}|40[56][0-9]{3})[0-9]{9,10}$"
_MOST_OTHERS = 0.2


def find_other_networks(ids: pl.DataFrame) -> pl.Series:
    """Return rows (`row`, `number`, `id`) whose SIM is of another network (ITU-T E.212) than nearly all of the reply.

    A licensee's SIMs have a network for each circle. A guest of another circle has an address of that circle.
    """
    known = ids.with_columns(network=pl.col("id").str.extract(_NETWORK)).drop_nulls("network")
    counted = known.group_by("network").agg(lines=pl.col("number").n_unique().cast(pl.Int64))
    share = pl.col("lines") / pl.col("lines").sum()
    usual = counted.filter(pl.col("lines") >= _LEAST, share >= 1 - _MOST_OTHERS)
    if usual.is_empty():
        return known["row"].head(0)
    return known.join(usual, on="network", how="anti")["row"].unique()


_FIGURES = r"^([^0-9]*)([0-9]{1,15})$"
_BY_CHANCE = 0.001
"""How likely it may be that one id has a figure more than all others, if ids are given in their order."""


def _find_too_long(ids: pl.DataFrame) -> pl.Series:
    """Return the row whose id has one figure more than all others: `beta-47111` among ids of four figures.

    If ids up to this one were given, those of fewer figures are few among them, and chance does not choose only such.
    """
    parts = ids.with_columns(pl.col("number").str.extract(_FIGURES, group).alias(name) for group, name in
                             ((1, "text"), (2, "figures")))  # fmt: skip
    each = parts.drop_nulls("figures").unique(["number_kind", "number"], keep="first")
    of = ["number_kind", "text"]
    each = each.with_columns(length=pl.col("figures").str.len_chars().cast(pl.Int64)).with_columns(
        others=pl.len().over(of) - 1, longest=pl.col("length").max().over(of), shortest=pl.col("length").min().over(of)
    )
    is_alone = (pl.col("length") == pl.col("longest")).sum().over(of) == 1
    is_one_more = (pl.col("length") == pl.col("longest")) & (pl.col("shortest") == pl.col("longest") - 1)
    share = pl.lit(10.0).pow(pl.col("length") - 1) / pl.col("figures").cast(pl.Float64)
    odd = each.filter(is_alone, is_one_more, pl.col("others") >= _LEAST, share.pow(pl.col("others")) < _BY_CHANCE)
    return ids.join(odd, on=["number_kind", "number"], how="semi")["row"]


_MOST_SHORT, _LEAST_LONG = 2, 7


def _find_too_short(ids: pl.DataFrame) -> pl.Series:
    """Return rows whose id has a figure less than all others: `kl.ekm.2053` among ids of five figures.

    Where ids are given in their order one in ten may be honest, and nothing tells it from one that lost a figure. More
    than two are no mistake of a clerk.
    """
    parts = ids.with_columns(pl.col("number").str.extract(_FIGURES, group).alias(name) for group, name in
                             ((1, "text"), (2, "figures")))  # fmt: skip
    of = ["number_kind", "text"]
    each = parts.drop_nulls("figures").unique(["number_kind", "number"], keep="first")
    each = each.with_columns(length=pl.col("figures").str.len_chars().cast(pl.Int64))
    each = each.with_columns(
        short=(pl.col("length") == pl.col("length").min().over(of)).sum().over(of),
        long=(pl.col("length") == pl.col("length").max().over(of)).sum().over(of),
        is_short=(pl.col("length") == pl.col("length").min().over(of))
        & (pl.col("length").min().over(of) == pl.col("length").max().over(of) - 1),
    )
    odd = each.filter("is_short", pl.col("short") <= _MOST_SHORT, pl.col("long") >= _LEAST_LONG)
    return ids.join(odd, on=["number_kind", "number"], how="semi")["row"]
