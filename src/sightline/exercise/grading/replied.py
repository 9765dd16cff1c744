"""The replies of a world, as they were kept: which session each row was asked for, and what the oracle makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.exercise.answering.kept import Kept, kept
from sightline.exercise.grading.judged import SECOND_US, with_block
from sightline.exercise.grading.pairs import pairs
from sightline.exercise.grading.verdicts import TRACELESS
from sightline.exercise.oracle.replies import corroborated, rows_resolved, sessions_resolved


@dataclass(frozen=True)
class Replied:
    """All replies to notices for records.

    `asked`: one row a row of a notice, with `at`, `notice`, `licensee`, `session` (the oracle's `id`), `faults`.
    `replied`: rows of replies that stand. `resolved`, `sessions`: the oracle's verdict on each row asked, each session.
    `corroborated`: `licensee`, `number`. `borrowed`: sessions that answers to other rows resolve which
    are wrong, and no record tells of it.
    """

    asked: pl.DataFrame
    replied: pl.DataFrame
    resolved: pl.DataFrame
    sessions: pl.DataFrame
    corroborated: pl.DataFrame
    borrowed: pl.Series


MISPRINTS = ("reply-one-digit", "reply-shifted", "reply-day-month")
"""Faults by which the answer to one row reads as the answer to another."""


def replied(answers: Path, oracle: pl.DataFrame) -> Replied | None:
    """The replies of a world, by the oracle's sessions; None if no notice was answered."""
    records, forms = list(kept(answers, "records")), list(kept(answers, "subscribers"))
    if not records:
        return None
    asked = _asked(records, oracle)
    rows = pl.concat([standing(one, place) for place, one in enumerate(records)])
    resolved = rows_resolved(asked, rows)
    told = [standing(one, place) for place, one in enumerate(forms)]
    return Replied(
        asked,
        rows,
        resolved,
        sessions_resolved(resolved),
        _corroborated(resolved, asked, forms, told),
        _borrowed(resolved, asked, rows),
    )


def _asked(records: list[Kept], oracle: pl.DataFrame) -> pl.DataFrame:
    parts = [
        one.asked.join(one.faults, on="row_id", how="left", maintain_order="left").with_columns(
            pl.lit(place, pl.Int64).alias("notice"), pl.lit(one.licensee).alias("licensee")
        )
        for place, one in enumerate(records)
    ]
    slack = pl.col("uncertainty_s") * SECOND_US
    whole = pl.concat(parts).with_columns((pl.col("from_us") + slack).alias("first_us"))
    whole = with_block(whole.with_columns((pl.col("until_us") - slack).alias("last_us")), oracle)
    met = pairs(whole, oracle).unique("one_id", keep="first", maintain_order=True)
    session = met.select(id="one_id", session="other_id")
    return whole.join(session, on="id", how="left", maintain_order="left").rename({"id": "at"})


def standing(one: Kept, notice: int) -> pl.DataFrame:
    """The rows of the files that none corrects, with what was declared of their files."""
    files = pl.DataFrame(
        {
            "file": list(range(len(one.files))),
            "certified": [file.certified for file in one.files],
            "timezone": [file.timezone for file in one.files],
        },
        schema={"file": pl.Int64, "certified": pl.Boolean, "timezone": pl.String},
    )
    replaced = [file.corrects for file in one.files if file.corrects is not None]
    return (
        one.rows.filter(~pl.col("file").is_in(replaced))
        .join(files, on="file", how="left", maintain_order="left")
        .with_columns(pl.lit(notice, pl.Int64).alias("notice"), pl.lit(one.licensee).alias("licensee"))
    )


def _borrowed(resolved: pl.DataFrame, asked: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Sessions resolved by what was written for other rows of the notice, wrong without a trace there.

    Or misprinted so that it answers these, of which nothing else is said: that too no record tells.
    """
    made = rows.with_row_index("row").select("row", "made_for", "notice", is_bare=pl.col("row_id").is_null())
    faults = asked.select("notice", made_for="row_id", theirs="faults").unique(["notice", "made_for"])
    lent = (
        resolved.filter(pl.col("verdict") == "subscriber")
        .join(asked.select("at", "row_id"), on="at")
        .select("at", "session", "row_id", "rows", "notice")
        .explode("rows")
        .join(made.drop("notice"), left_on="rows", right_on="row")
        .filter(pl.col("made_for") != pl.col("row_id"))
        .join(faults, on=["notice", "made_for"], how="left")
    )
    traceless = lent.filter(_has_one_of(TRACELESS))["session"]
    answered = made.filter(rows["says"] == "assigned").select("notice", row_id="made_for").unique()
    misprinted = lent.filter(_has_one_of(MISPRINTS), "is_bare").join(answered, on=["notice", "row_id"], how="anti")
    return pl.concat([traceless, misprinted["session"]]).unique()


def _has_one_of(names: Sequence[str]) -> pl.Expr:
    return pl.col("theirs").list.eval(pl.element().is_in(names)).list.any()


def _corroborated(
    resolved: pl.DataFrame, asked: pl.DataFrame, forms: list[Kept], told: list[pl.DataFrame]
) -> pl.DataFrame:
    found = [pl.DataFrame(schema={"number": pl.String, "licensee": pl.String})]
    named = resolved.join(asked.select("at", "licensee"), on="at")
    for licensee in sorted({one.licensee for one in forms}):
        some = pl.concat([rows for one, rows in zip(forms, told, strict=True) if one.licensee == licensee])
        mine = named.filter(pl.col("licensee") == licensee)
        found.append(corroborated(mine, some).with_columns(pl.lit(licensee).alias("licensee")))
    return pl.concat(found)
