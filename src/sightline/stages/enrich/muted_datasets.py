"""Ignore data sets that measured as too often wrong about a provider's lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import polars as pl

from sightline.stages.enrich.model import DataSet

Level: TypeAlias = Literal["state", "district"]
LEVELS: tuple[Level, ...] = ("state", "district")
MUTES: dict[str, pl.DataType] = {"name": pl.String(), "isp": pl.String(), "level": pl.String()}


class Mute(NamedTuple):
    """A data set by name, a provider as network data sets name it, and the ignored part: state or district."""

    name: str
    isp: str
    level: Level


def build_mutes(mutes: Iterable[Mute]) -> pl.DataFrame:
    """Return MUTES, one row each."""
    return pl.DataFrame(list(mutes), schema=MUTES, orient="row")


def mark_muted(answers: pl.DataFrame, isps: pl.Series, sets: Sequence[DataSet], mutes: pl.DataFrame) -> pl.DataFrame:
    """Return the answers (`ask`, `dataset`) with `no_state` and `no_district`.

    These are the ignored parts for the ask's provider.

    `isps` has the provider of each ask, in order.
    """
    names = pl.Series([set_.name for set_ in sets], dtype=pl.String)
    rows = answers.with_columns(
        names.gather(answers["dataset"]).alias("name"), isps.gather(answers["ask"]).alias("isp")
    )
    for level in LEVELS:
        muted = mutes.filter(pl.col("level") == level).select("name", "isp", pl.lit(value=True).alias(f"no_{level}"))
        rows = rows.join(muted.unique(), on=["name", "isp"], how="left", maintain_order="left")
    return rows.drop("name", "isp").with_columns(pl.col(f"no_{level}").fill_null(value=False) for level in LEVELS)
