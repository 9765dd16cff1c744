"""Decide where an address was: a state that data sets of different names agree on, or undetermined, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.model import DatasetKind, PlaceWhy
from sightline.stages.enrich import india
from sightline.stages.enrich.boundary import find_outside
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.muted_datasets import LEVELS, Level
from sightline.stages.enrich.session_columns import ANSWER, COUNTRY, STATE

STATE_RADIUS_KM = 200
DISTRICT_RADIUS_KM = 50
PLACE_FIELDS = ("country", "state", "district", "latitude", "longitude", "radius_km")
MUTED = ("no_state", "no_district")
"""Of an answer: whether its data set is ignored for states, or districts, of the ask's provider (`muted_datasets.py`).
"""


def find_places(asks: pl.DataFrame, judged: pl.DataFrame, measured: Mapping[Level, pl.DataFrame]) -> pl.DataFrame:
    """Return one row for each `ask`, in order.

    Columns: country, state, circle, district, place and why, radius, data sets, answers.

    `asks`: `ask`, `address`, `circle_told` by the network, and `spoken`: whether any data set may answer. `judged`:
    from `judge_answers`. `measured`: for each level, the `ask`s whose data sets measured as independent.
    """
    agreed = asks.join(_measure_agreement(judged), on="ask", how="left", maintain_order="left")
    for level in LEVELS:
        questions = measured.get(level, asks.head(0)).select("ask", pl.lit(value=True).alias(f"is_{level}_measured"))
        agreed = agreed.join(questions, on="ask", how="left", maintain_order="left")
    rows = _derive_verdict(
        agreed.with_columns(pl.col(f"is_{level}_measured").fill_null(value=False) for level in LEVELS)
    )
    answer = pl.struct(pl.col(field.name).cast(field.dtype) for field in ANSWER.fields)
    lists = judged.group_by("ask").agg(answer.alias("place_answers"))
    return rows.join(lists, on="ask", how="left", maintain_order="left")


def judge_answers(answers: pl.DataFrame, sets: Sequence[DataSet]) -> pl.DataFrame:
    """Return answers with the counted parts: `counts` for the state, `near` for the district.

    `answers`: a row for each ask and answering data set, by both: `ask`, `dataset` and PLACE_FIELDS; MUTED if some are.
    """
    names = sorted({set_.name for set_ in sets})
    name_of = pl.Series([names.index(set_.name) for set_ in sets], dtype=pl.UInt16)
    boundaries = {set_.name: set_ for set_ in sorted(sets, key=_rank_by_age) if set_.kind is DatasetKind.BOUNDARY}
    radius = pl.col("radius_km").fill_null(0)
    judged = answers.with_columns(
        pl.col("country").cast(COUNTRY),
        pl.col("state").cast(STATE),
        name_of.gather(answers["dataset"]).alias("name"),
        (pl.col("state").is_not_null() & (radius <= STATE_RADIUS_KM)).alias("counts"),
        (pl.col("district").is_not_null() & (radius <= DISTRICT_RADIUS_KM)).alias("near"),
    )
    if not boundaries:
        return _without_mutes(judged)
    points = judged.filter("counts").select("state", "latitude", "longitude").unique()
    away = (
        pl.concat([find_outside(points, boundary) for boundary in boundaries.values()])
        .unique()
        .with_columns(away=pl.lit(value=True))
    )
    joined = judged.join(away, on=["state", "latitude", "longitude"], how="left", maintain_order="left")
    return _without_mutes(joined.with_columns(pl.col("counts") & pl.col("away").is_null()).drop("away"))


def _is_muted(answers: pl.DataFrame) -> bool:
    return set(MUTED) <= set(answers.columns)


def _without_mutes(judged: pl.DataFrame) -> pl.DataFrame:
    """Answers of which those that are MUTED do not count; `was_muted` where one would have."""
    if not _is_muted(judged):
        return judged
    return judged.with_columns(
        pl.col("counts") & ~pl.col("no_state"),
        pl.col("near") & ~pl.col("no_district"),
        (pl.col("counts") & pl.col("no_state")).alias("was_muted"),
    )


def _rank_by_age(one: DataSet) -> tuple[int, str]:
    return one.dated_us, one.dataset_id


def _measure_agreement(judged: pl.DataFrame) -> pl.DataFrame:
    """One row an ask that was answered: the least and greatest of what was said, and by which names."""
    counting, is_far, is_muted = pl.col("counts"), ~pl.col("near"), _is_muted(judged)
    if is_muted:
        is_far &= ~pl.col("no_district")
    coded = judged.with_columns(
        pl.when(counting).then("state").alias("state"),
        pl.when(counting).then("name").alias("voter"),
        pl.when(counting).then("dataset").alias("counted"),
        pl.when(counting & pl.col("near")).then("district").alias("district"),
        pl.when(counting).then("radius_km").alias("radius_km"),
        pl.when(pl.col("country").is_not_null()).then("name").alias("teller"),
        (counting & is_far).alias("far"),
        # Answers that count for a district: without mutes those that count for the state, or none is named.
        *([pl.when(counting & pl.col("near")).then("name").alias("namer")] if is_muted else []),
    )
    words, numbers = ("state", "country"), ("voter", "district", "teller", *(["namer"] if is_muted else []))
    return coded.group_by("ask").agg(
        *(pl.col(name).drop_nulls().first().alias(f"{name}_said") for name in words),
        *(pl.col(name).to_physical().min().alias(f"{name}_least") for name in (*words, *numbers)),
        *(pl.col(name).to_physical().max().alias(f"{name}_most") for name in (*words, *numbers)),
        pl.col("radius_km").max(),
        pl.col("far").any(),
        pl.col("counted").drop_nulls().alias("place_datasets"),
        *([pl.col("was_muted").any()] if is_muted else []),
    )


def _is_same(name: str) -> pl.Expr:
    return (pl.col(f"{name}_least") == pl.col(f"{name}_most")).fill_null(value=False)


def _derive_verdict(agreed: pl.DataFrame) -> pl.DataFrame:
    country = pl.when(_is_same("country") & ~_is_same("teller")).then("country_said")
    one_country = (
        pl.col("state_said").cast(pl.String).str.head(2) == pl.col("country_said").cast(pl.String)
    ) & _is_same("country")
    is_other_country = pl.col("country_least").is_not_null() & ~one_country.fill_null(value=False)
    verdicts = agreed.with_columns(country.alias("country"), is_other_country.alias("elsewhere"))
    verdicts = india.with_circles(verdicts, state="state_said", column="circle_told")
    why = (
        pl.when(pl.col("address").is_null())
        .then(pl.lit(PlaceWhy.NO_ADDRESS.value))
        .when(~pl.col("spoken"))
        .then(pl.lit(PlaceWhy.NO_DATASET.value))
        .when(pl.col("state_least").is_null())
        .then(pl.lit(PlaceWhy.NO_ANSWER.value))
        .when(~_is_same("state") | pl.col("elsewhere"))
        .then(pl.lit(PlaceWhy.DISAGREE.value))
        .when("contradicts")
        .then(pl.lit(PlaceWhy.CIRCLE_CONTRADICTS.value))
        .when(_is_same("voter") & ~pl.col("is_only_state"))
        .then(pl.lit(PlaceWhy.ONE_DATASET.value))
        .when(~pl.col("is_in_circle") & ~pl.col("is_state_measured"))
        .then(pl.lit(PlaceWhy.NOT_INDEPENDENT.value))
        .otherwise(pl.lit(PlaceWhy.AGREED.value))
    )
    is_near = _is_same("district") & ~pl.col("far") & pl.col("is_district_measured")
    if "was_muted" in agreed.columns:
        is_short = why.is_in([PlaceWhy.NO_ANSWER.value, PlaceWhy.ONE_DATASET.value])
        why = pl.when(is_short & pl.col("was_muted")).then(pl.lit(PlaceWhy.MEASURED_WRONG.value)).otherwise(why)
        is_near &= ~_is_same("namer")
    verdicts = verdicts.with_columns(why.alias("place_why"))
    is_agreed = pl.col("place_why") == PlaceWhy.AGREED.value
    circle = pl.coalesce("circle_told", pl.when(is_agreed).then("circle_of_state"))
    return verdicts.select(
        "ask",
        "country",
        pl.when(is_agreed).then("state_said").alias("state"),
        circle.alias("circle"),
        pl.when(is_agreed & is_near).then("district_least").alias("district"),
        pl.when(is_agreed).then(pl.lit("agreed")).otherwise(pl.lit("undetermined")).alias("place"),
        "place_why",
        pl.when(is_agreed).then("radius_km").alias("radius_km"),
        "place_datasets",
    )
