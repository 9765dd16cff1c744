"""Recall what an earlier resolution named and this one does not, or names otherwise, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.services.artifacts.foundations import find_fallen
from sightline.services.artifacts.registered_tables import read_registered
from sightline.services.resolution.resolution_inputs import ResolutionInputs
from sightline.stages.resolve.withdrawn import ORDER, LossReason
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Resolving
from sightline.workspace.workspace import Workspace

RECALLED: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "subscriber": pl.String(),
    "why": pl.String(),
    "number": pl.Int64(),
}
"""`number`: the resolution from which on it is recalled."""
KEY = ["session_id", "subscriber"]


def read_earlier_names(workspace: Workspace, previous: Resolving) -> dict[str, pl.DataFrame]:
    """Return what an earlier resolution named (`parts`), and what was `recalled` by then.

    A resolution of before verdicts belonged to visits names sessions. Each is then a part of its own.
    """
    name = "visits" if "visits" in list_row_files(previous) else "sessions"
    parts = read_registered(workspace, previous, name)
    return {
        "parts": parts if "part" in parts.columns else parts.with_columns(pl.lit(0, pl.UInt32).alias("part")),
        "recalled": read_registered(workspace, previous, "recalled"),
        "fell": find_fallen(workspace, previous).parts,
    }


def list_recalls(
    rests_on: ResolutionInputs, before: Mapping[str, pl.DataFrame] | None, parts: pl.DataFrame
) -> pl.DataFrame:
    """Return all current recalls: names of the previous resolution and its own recalls, unless named again.

    A part that rested on a withdrawn reply has that reason from `find_fallen`. A part that rested on none, and is still
    asked about, was answered otherwise.
    """
    if before is None or rests_on.previous is None:
        return pl.DataFrame(schema=RECALLED)
    named, now = _list_named_parts(before["parts"]), _list_named_parts(parts)
    gone = named.join(now, on=KEY, how="anti")
    is_asked = pl.col("row_ids").list.len() > 0
    still_there = parts.filter(is_asked).select("session_id").unique().with_columns(pl.lit(True).alias("is_there"))
    why = (
        pl.when(pl.col("is_there").is_null())
        .then(pl.lit(LossReason.LEADS.value))
        .otherwise(pl.lit(LossReason.ANSWER.value))
    )
    new = (
        gone.join(still_there, on="session_id", how="left")
        .join(_find_fallen_parts(before), on=KEY, how="left")
        .with_columns(
            pl.coalesce("fell", why).alias("why"), pl.lit(rests_on.previous.number + 1, pl.Int64).alias("number")
        )
    )
    old = before["recalled"].join(now, on=KEY, how="anti")
    return pl.concat([old.select(list(RECALLED)), new.select(list(RECALLED))]).unique(KEY, keep="first").sort(KEY)


def _find_fallen_parts(before: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return KEY and `fell`: the first reason why a part that named a subscriber is no longer valid."""
    lines = before["parts"].filter(pl.col("subscribers").list.len() > 0)
    named = lines.select("session_id", "part", pl.col("subscribers").list.first().alias("subscriber"))
    named = named.join(before["fell"], on=["session_id", "part"])
    place = pl.col("why").replace_strict(ORDER, return_dtype=pl.UInt8)
    return (
        named.sort(*KEY, place).unique(KEY, keep="first", maintain_order=True).select(*KEY, pl.col("why").alias("fell"))
    )


def _list_named_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """Return `session_id lead_id subscriber` of the parts whose verdict is one subscriber, each once."""
    rows = parts.filter(pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value)
    whom = pl.col("subscribers").list.first().alias("subscriber")
    return rows.select("session_id", "lead_id", whom).unique(KEY, keep="first", maintain_order=True)
