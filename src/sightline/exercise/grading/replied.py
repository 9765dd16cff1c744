"""The replies of a world, as they were kept: which session each row was asked for, and what the oracle makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.exercise.answering.kept import Kept, kept
from sightline.exercise.grading.judged import SECOND_US, with_block
from sightline.exercise.grading.pairs import pairs
from sightline.exercise.oracle.replies import corroborated, rows_resolved, sessions_resolved


@dataclass(frozen=True)
class Replied:
    """All replies to notices for records.

    `asked`: one row a row of a notice, with `at`, `notice`, `licensee`, `session` (the oracle's `id`), `faults`.
    `replied`: rows of replies that stand. `resolved`, `sessions`: the oracle's verdict on each row asked, each session.
    `corroborated`: `licensee`, `number`.
    """

    asked: pl.DataFrame
    replied: pl.DataFrame
    resolved: pl.DataFrame
    sessions: pl.DataFrame
    corroborated: pl.DataFrame


def replied(answers: Path, oracle: pl.DataFrame) -> Replied | None:
    """The replies of a world, by the oracle's sessions; None if no notice was answered."""
    records, forms = list(kept(answers, "records")), list(kept(answers, "subscribers"))
    if not records:
        return None
    asked = _asked(records, oracle)
    rows = pl.concat([_standing(one, place) for place, one in enumerate(records)])
    resolved = rows_resolved(asked, rows)
    told = [_standing(one, place) for place, one in enumerate(forms)]
    return Replied(asked, rows, resolved, sessions_resolved(resolved), _corroborated(resolved, asked, forms, told))


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


def _standing(one: Kept, notice: int) -> pl.DataFrame:
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
