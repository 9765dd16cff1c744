"""Remove withdrawn evidence from verdicts: a line is named only while all of its evidence is valid."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.corroboration import CorroborationGap, SubscriberStanding
from sightline.stages.resolve.model import NAMED, VERDICTS, VerdictReason

NAMES = ResolutionVerdict.SUBSCRIBER.value


class LossReason(StrEnum):
    """Why a subscriber is no longer named for visits. The first reason that applies is reported."""

    PURGED = "the exhibit that its records stood in was purged"
    SOURCE = "the source of its records is for statistics only"
    ISSUER = "the list that flagged the site is not trusted any more: its issuer's key was revoked"
    RUN = "its records were read anew: a corrected clock, other settings or a newer list"
    PROXIES = "the proxies that are believed before its source were declared otherwise since"
    CLEARED = "a list says since that the site is not what it was listed for"
    REPLY = "a reply that it rested on was withdrawn or corrected"
    DATASET = "a data set says otherwise of the address at that time: a nearer one came, or one was withdrawn"
    RULE = "a rule that decides how far the evidence carries is another by now"
    VERDICTS = "the rules by which replies are read together are others by now"
    LEADS = "the lead is not as it was when it was asked for: rebuilt, cleared, or its clock corrected"
    ANSWER = "another reply says otherwise, or leaves it open"


CODES = {fell.value: fell.name.lower() for fell in LossReason}
"""The code of each reason, by what is stored of it."""
ORDER = {fell.value: place for place, fell in enumerate(LossReason)}
FALLEN: dict[str, pl.DataType] = {"session_id": pl.String(), "part": pl.UInt32(), "why": pl.String()}
"""Parts of sessions that lost evidence, one row each."""


@dataclass(frozen=True)
class Losses:
    """The losses of one resolution: its parts, and the subscribers whose form is no longer valid."""

    parts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FALLEN))
    forms: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing was lost."""
        return self.parts.is_empty() and not self.forms

    def derive_key(self) -> str:
        """Return a key that identifies these losses."""
        return f"{int(self.parts.hash_rows().sum())} {len(self.parts)} {hash(self.forms)}"


def select_first_reasons(rows: pl.DataFrame) -> pl.DataFrame:
    """Return FALLEN with one row for each part: the first of its reasons."""
    place = pl.col("why").replace_strict(ORDER, return_dtype=pl.UInt8)
    once = rows.sort("session_id", "part", place).unique(["session_id", "part"], keep="first", maintain_order=True)
    return once.select(pl.col(name).cast(kind) for name, kind in FALLEN.items())


def derive_current_parts(parts: pl.DataFrame, fell: pl.DataFrame) -> pl.DataFrame:
    """Return PARTS in which those that lost evidence name nobody."""
    marked = _mark_fallen(parts, fell, ["session_id", "part"])
    return _clear_fallen(marked).drop("is_fallen")


def derive_current_rows(rows: pl.DataFrame, parts: pl.DataFrame, fell: pl.DataFrame) -> pl.DataFrame:
    """Return VERDICTS in which those behind a part that lost evidence name nobody."""
    mine = parts.join(fell, on=["session_id", "part"], how="semi").select("session_id", "row_ids")
    keys = mine.explode("row_ids", empty_as_null=False, keep_nulls=False).rename({"row_ids": "row_id"}).unique()
    emptied = _clear_fallen(_mark_fallen(rows, keys, ["session_id", "row_id"]))
    nothing = pl.lit([], VERDICTS["assignments"])
    return emptied.with_columns(
        pl.when("is_fallen").then(nothing).otherwise("assignments").alias("assignments"),
    ).drop("is_fallen")


def derive_current_sessions(sessions: pl.DataFrame, parts: pl.DataFrame, fell: pl.DataFrame) -> pl.DataFrame:
    """Return SESSIONS that name only subscribers of a remaining part. `parts`: those of `derive_current_parts`.

    A session that lost a part has no line of its own any more: at most candidates.
    """
    mine = parts.join(fell, on="session_id", how="semi")
    each = mine.select("session_id", "subscribers").explode("subscribers", empty_as_null=False, keep_nulls=False)
    left = (
        each.unique().sort("session_id", "subscribers").group_by("session_id", maintain_order=True).agg("subscribers")
    )
    named = mine.group_by("session_id").agg(
        pl.col("visits").filter(pl.col("verdict") == NAMES).sum().cast(pl.UInt32).alias("visits_left")
    )
    rows = _mark_fallen(sessions, fell, ["session_id"])
    rows = rows.join(left.rename({"subscribers": "left"}), on="session_id", how="left", maintain_order="left")
    rows = rows.join(named, on="session_id", how="left", maintain_order="left")
    left_out = pl.col("left").fill_null([])
    verdict = (
        pl.when(left_out.list.len() == 0)
        .then(pl.lit(ResolutionVerdict.NONE.value))
        .when(pl.col("verdict") == NAMES)
        .then(pl.lit(ResolutionVerdict.CANDIDATES.value))
        .otherwise(pl.col("verdict").cast(pl.String))
    )
    changed = {
        "verdict": verdict.cast(sessions.schema["verdict"]),
        "subscribers": left_out,
        "survivors_by_chance": pl.lit(None, pl.Float64),
        "why": pl.lit([VerdictReason.FALLEN.value]),
        "visits_named": pl.col("visits_left"),
    }
    there = {name: now for name, now in changed.items() if name in sessions.columns}
    return rows.with_columns(
        pl.when("is_fallen").then(now).otherwise(pl.col(name)).cast(sessions.schema[name]).alias(name)
        for name, now in there.items()
    ).select(sessions.columns)


def derive_current_subscribers(named: pl.DataFrame, parts: pl.DataFrame, fallen: Losses) -> pl.DataFrame:
    """Return NAMED for the subscribers of a remaining part. A subscriber who lost evidence is no longer corroborated.

    `parts`: those of `derive_current_parts`. A place from an invalid form is not reported.
    """
    lines = parts.filter(pl.col("verdict") == NAMES).select(
        pl.col("subscribers").list.first().alias("subscriber"), "session_id", "lead_id"
    )
    beside = lines.group_by("subscriber").agg(
        pl.col("session_id").unique().sort().alias("sessions_now"), pl.col("lead_id").unique().sort().alias("leads_now")
    )
    rows = named.join(beside, on="subscriber", how="inner", maintain_order="left")
    is_formless = pl.col("subscriber").is_in(sorted(fallen.forms))
    lost = (pl.col("sessions").list.len() > pl.col("sessions_now").list.len()) | is_formless
    short = (
        pl.when(pl.col("standing").cast(pl.String) == SubscriberStanding.PURGED.value)
        .then(pl.lit(SubscriberStanding.PURGED.value))
        .when(pl.col("sessions_now").list.len() > 1)
        .then(pl.lit(SubscriberStanding.CONSISTENT.value))
        .otherwise(pl.lit(SubscriberStanding.NAMED.value))
    )
    why = pl.col("why").fill_null([]).list.set_union(pl.lit([CorroborationGap.FALLEN.value]))
    return rows.with_columns(
        pl.when(lost)
        .then(short)
        .otherwise(pl.col("standing").cast(pl.String))
        .cast(NAMED["standing"])
        .alias("standing"),
        pl.when(lost).then(why).otherwise("why").alias("why"),
        pl.col("sessions_now").alias("sessions"),
        pl.col("leads_now").alias("leads"),
        *(pl.when(~is_formless).then(name).alias(name) for name in ("installation_state", "installation_district")),
    ).select(named.columns)


def _mark_fallen(rows: pl.DataFrame, fell: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    mine = fell.select(keys).unique().with_columns(pl.lit(value=True).alias("is_fallen"))
    return rows.join(mine, on=keys, how="left", maintain_order="left").with_columns(
        pl.col("is_fallen").fill_null(value=False)
    )


def _clear_fallen(marked: pl.DataFrame) -> pl.DataFrame:
    """Verdicts of which those that are marked name nobody."""
    schema = marked.schema
    nobody = {
        "verdict": pl.lit(ResolutionVerdict.NONE.value).cast(schema["verdict"]),
        "subscribers": pl.lit([], schema["subscribers"]),
        "holders": pl.lit(0, pl.UInt32),
        "why": pl.lit([VerdictReason.FALLEN.value]),
    }
    return marked.with_columns(
        pl.when("is_fallen").then(now).otherwise(pl.col(name)).alias(name)
        for name, now in nobody.items()
        if name in schema
    )
