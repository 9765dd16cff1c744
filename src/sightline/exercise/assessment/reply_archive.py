"""Read a world's archived replies, with the oracle's verdict on each visit and the replies' faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.exercise.assessment.judged_sessions import RANKS
from sightline.exercise.assessment.verdicts import TRACELESS
from sightline.exercise.oracle.identities import find_corroborated, limit_to_validity
from sightline.exercise.oracle.replies import resolve_visits
from sightline.exercise.replies.archive import ArchivedReply, read_archive
from sightline.model import Ceiling

FILES_EACH = 1000
"""The files of a notice's replies are numbered from the notice's number times this."""
MISPRINTS = ("reply-one-digit", "reply-shifted", "reply-day-month")
"""Faults by which the answer to one row looks like the answer to another."""


@dataclass(frozen=True)
class ReplyArchive:
    """All replies to notices for records.

    `asked`: one row for each row of a notice, with `notice`, `licensee`, `faults`. `replied`: rows of current replies.
    `visits`: one row for each visit that an ideal reader may ask about, with `at`, `oracle_id`, the oracle's `verdict`,
    `why`, `number` (verdict null: not asked), `replies` (faults of the rows that ask about it) and `is_borrowed`:
    whether wrong answers to other rows resolve it, and no record shows that. `corroborated`: `licensee`, `number`.
    `folder`: the world's answers. `forms`: one row for each number whose form has the start of its holder's time:
    `number`, `valid_from_us`.
    """

    folder: Path
    asked: pl.DataFrame
    replied: pl.DataFrame
    visits: pl.DataFrame
    corroborated: pl.DataFrame
    forms: pl.DataFrame


def read_world_replies(answers: Path) -> ReplyArchive | None:
    """Return the replies of a world with the oracle's verdicts, or None if no notice was answered."""
    records, forms = list(read_archive(answers, "records")), list(read_archive(answers, "subscribers"))
    if not records:
        return None
    questions = pl.concat([_collect_questions(reply, place) for place, reply in enumerate(records)], how="diagonal")
    rows = pl.concat([select_current_rows(reply, place) for place, reply in enumerate(records)], how="diagonal")
    world_rows = (
        pl.concat([select_current_rows(reply, place) for place, reply in enumerate(forms)], how="diagonal")
        if forms
        else None
    )
    visits = find_askable(answers)
    resolved = resolve_visits(visits, questions, rows)
    if world_rows is not None:
        resolved = limit_to_validity(resolved, visits, world_rows)
    faults = _collect_faults(resolved, questions, forms)
    whole = visits.join(resolved, on="at", how="left").join(faults, on="at", how="left")
    return ReplyArchive(
        answers,
        questions,
        rows,
        whole.with_columns(
            pl.col("at").is_in(_find_borrowed(resolved, questions, rows).implode()).alias("is_borrowed")
        ),
        _find_corroborated(resolved, questions, world_rows),
        _find_since(world_rows),
    )


def _find_since(rows: pl.DataFrame | None) -> pl.DataFrame:
    if rows is None or "valid_from_us" not in rows.columns:
        return pl.DataFrame(schema={"number": pl.String, "valid_from_us": pl.Int64})
    return rows.group_by("number", maintain_order=True).agg(pl.col("valid_from_us").min())


def find_askable(answers: Path) -> pl.DataFrame:
    """Return the visits that an ideal reader may ask about: they and their sessions carry `shared` or more."""
    carried = [RANKS[Ceiling.SHARED], RANKS[Ceiling.SUBSCRIBER]]
    visits = pl.read_parquet(answers / "oracle-visits.parquet").with_row_index("at").cast({"at": pl.Int64})
    sessions = pl.read_parquet(answers / "oracle.parquet").select("oracle_id", "ceiling")
    rows = visits.join(sessions, on="oracle_id", how="left", maintain_order="left")
    carries = pl.col("ceiling").is_in([Ceiling.SHARED.value, Ceiling.SUBSCRIBER.value])
    return rows.filter(pl.col("rank").is_in(carried), carries).with_columns(
        pl.col("port").cast(pl.Int64),
        pl.col("shared").fill_null(value=False).alias("is_shared"),
        pl.col("reuses_ports", "is_operator").fill_null(value=False),
    )


def _collect_questions(reply: ArchivedReply, place: int) -> pl.DataFrame:
    return reply.asked.join(reply.faults, on="row_id", how="left", maintain_order="left").with_columns(
        pl.lit(place, pl.Int64).alias("notice"), pl.lit(reply.licensee).alias("licensee")
    )


def select_current_rows(reply: ArchivedReply, notice: int) -> pl.DataFrame:
    """Return the rows of the files that no other file corrects, with the declarations about their files."""
    files = pl.DataFrame(
        {
            "file": list(range(len(reply.files))),
            "certified": [file.certified for file in reply.files],
            "timezone": [file.timezone for file in reply.files],
            "layout": [file.layout for file in reply.files],
        },
        schema={"file": pl.Int64, "certified": pl.Boolean, "timezone": pl.String, "layout": pl.String},
    )
    replaced = [file.corrects for file in reply.files if file.corrects is not None]
    return (
        reply.rows.filter(~pl.col("file").is_in(replaced))
        .join(files, on="file", how="left", maintain_order="left")
        .with_columns(
            pl.lit(notice, pl.Int64).alias("notice"),
            pl.lit(reply.licensee).alias("licensee"),
            pl.col("file") + notice * FILES_EACH,
            # The value that `exercise/replies/writers.py` writes to the column of static and dynamic addresses.
            ((pl.col("layout") == "ipdr-2013") & (pl.col("number_kind") == "circuit")).alias("is_static"),
        )
    )


def _collect_faults(resolved: pl.DataFrame, questions: pl.DataFrame, forms: Sequence[ArchivedReply]) -> pl.DataFrame:
    """The faults of all rows that ask about a visit, and of forms of the number that it is given: `at`, `replies`."""
    rows = questions.select("faults").with_row_index("asked").cast({"asked": pl.Int64})
    of_rows = resolved.select("at", "asked").explode("asked").join(rows, on="asked", how="left").drop("asked")
    parts = [of_rows.select("at", "faults")]
    for reply in forms:
        of_forms = reply.asked.join(reply.faults, on="row_id", how="inner").select("number", "faults")
        parts.append(resolved.select("at", "number").join(of_forms, on="number").select("at", "faults"))
    return (
        pl.concat(parts)
        .group_by("at", maintain_order=True)
        .agg(pl.col("faults").list.explode().drop_nulls().unique().sort().alias("replies"))
    )


def _find_borrowed(resolved: pl.DataFrame, questions: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Visits resolved by what was written for other rows of the notice, wrong without a trace there.

    Or misprinted so that it answers these, of which nothing else is said: that too no record tells.
    """
    made = rows.with_row_index("rows").select(
        pl.col("rows").cast(pl.Int64), "made_for", "notice", is_bare=pl.col("row_id").is_null()
    )
    faults = questions.select("notice", made_for="row_id", theirs="faults").unique(["notice", "made_for"])
    ids = questions.select("row_id").with_row_index("asked").cast({"asked": pl.Int64})
    named = resolved.filter(pl.col("verdict") == "subscriber").select("at", "asked", "rows")
    own = named.select("at", "asked").explode("asked").join(ids, on="asked").select("at", "row_id")
    lent = (
        named.select("at", "rows")
        .explode("rows")
        .join(made, on="rows")
        .join(own, left_on=["at", "made_for"], right_on=["at", "row_id"], how="anti")
        .join(faults, on=["notice", "made_for"], how="left")
    )
    traceless = lent.filter(_has_one_of(TRACELESS))["at"]
    answered = rows.filter(pl.col("says") == "assigned").select("notice", row_id="made_for").unique()
    heard = own.join(answered, on="row_id", how="semi")["at"].unique()
    misprinted = lent.filter(_has_one_of(MISPRINTS), "is_bare", ~pl.col("at").is_in(heard.implode()))["at"]
    return pl.concat([traceless, misprinted]).unique()


def _has_one_of(names: tuple[str, ...]) -> pl.Expr:
    return pl.col("theirs").list.eval(pl.element().is_in(names)).list.any().fill_null(value=False)


def _find_corroborated(resolved: pl.DataFrame, questions: pl.DataFrame, rows: pl.DataFrame | None) -> pl.DataFrame:
    frames = [pl.DataFrame(schema={"number": pl.String, "licensee": pl.String})]
    if rows is None:
        return frames[0]
    of = questions.select("licensee").with_row_index("first").cast({"first": pl.Int64})
    named = resolved.with_columns(pl.col("asked").list.first().alias("first")).join(of, on="first", how="left")
    for licensee in sorted(rows["licensee"].unique()):
        forms = rows.filter(pl.col("licensee") == licensee)
        mine = named.filter(pl.col("licensee") == licensee)
        frames.append(find_corroborated(mine, forms).with_columns(pl.lit(licensee).alias("licensee")))
    return pl.concat(frames)
