"""Use pairs of city data sets that measured as independent for a provider: where both name one place, it is right.

Two providers that copy one source make the same errors, and then their agreement proves nothing (ADR 16).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.muted_datasets import Level

PAIRS: dict[str, pl.DataType] = {
    "first": pl.String(),
    "second": pl.String(),
    "isp": pl.String(),
    "level": pl.String(),
}
NOT_MEASURED = ("mobile", "business", "hosting")
"""Kinds of line whose places no reply measures: measurements of a provider's fixed lines do not apply to them."""


class DataSetPair(NamedTuple):
    """Two data sets by name, in order, a provider as network data sets name it, and the measured level."""

    first: str
    second: str
    isp: str
    level: Level


def build_pairs(pairs: Iterable[DataSetPair]) -> pl.DataFrame:
    """Return PAIRS, one row each."""
    return pl.DataFrame(list(pairs), schema=PAIRS, orient="row")


def find_independent(
    voters: pl.DataFrame, network: pl.DataFrame, sets: Sequence[DataSet], pairs: pl.DataFrame, level: Level
) -> pl.DataFrame:
    """Return the `ask`s that two data sets of one measured pair answer.

    `voters`: `ask dataset` of the counted answers. `network`: `ask isp line`, one row for each ask, in order.
    """
    pairs_of_level = pairs.filter(pl.col("level") == level)
    names = pl.Series([set_.name for set_ in sets], dtype=pl.String)
    rows = network.filter(
        pl.col("isp").is_in(pairs_of_level["isp"].unique().implode())
        & ~pl.col("line").cast(pl.String).is_in(NOT_MEASURED).fill_null(value=False)
    ).select("ask", "isp")
    names_of_answers = voters.with_columns(names.gather(voters["dataset"]).alias("name")).select("ask", "name").unique()
    first = names_of_answers.join(rows, on="ask").join(
        pairs_of_level, left_on=["name", "isp"], right_on=["first", "isp"]
    )
    both = first.select("ask", "second").join(
        names_of_answers, left_on=["ask", "second"], right_on=["ask", "name"], how="semi"
    )
    return both.select("ask").unique()
