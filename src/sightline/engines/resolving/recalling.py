"""What an earlier resolving named and this one does not, or names otherwise: recalled, with what fell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from sightline.engines.resolving import files
from sightline.engines.resolving.ground import Ground
from sightline.record.answered import files_of
from sightline.record.store.rows import Resolving
from sightline.record.workspace import Workspace
from sightline.records import ResolutionVerdict


class Fell(StrEnum):
    """Why a subscriber that was named for a session is not any more."""

    REPLY = "a reply that it rested on was withdrawn or corrected"
    LEADS = "the lead is not as it was when it was asked for: rebuilt, cleared, or its clock corrected"
    ANSWER = "another reply says otherwise, or leaves it open"


RECALLED: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "subscriber": pl.String(),
    "why": pl.String(),
    "number": pl.Int64(),
}
"""`number` is of the resolving from which on it is recalled."""
KEY = ["session_id", "subscriber"]


def earlier(workspace: Workspace, previous: Resolving) -> dict[str, pl.DataFrame]:
    """What an earlier resolving named, `parts`, and what was `recalled` by then.

    One that was made before verdicts belonged to visits names sessions, each a part of its own.
    """
    name = "visits" if "visits" in files_of(previous) else "sessions"
    return {"parts": files.read(workspace, previous, name), "recalled": files.read(workspace, previous, "recalled")}


def recalled(rests_on: Ground, before: Mapping[str, pl.DataFrame] | None, parts: pl.DataFrame) -> pl.DataFrame:
    """All that is recalled by now: of the resolving before, and what it recalled itself; not what is named again."""
    if before is None or rests_on.previous is None:
        return pl.DataFrame(schema=RECALLED)
    named, now = _named(before["parts"]), _named(parts)
    gone = named.join(now, on=KEY, how="anti")
    was = json.loads(rests_on.previous.inputs_json)
    lost_a_reply = bool(set(was["replies"]) - {one.reply_id for one in (*rests_on.replies, *rests_on.forms)})
    is_asked = pl.col("row_ids").list.len() > 0
    still_there = parts.filter(is_asked).select("session_id").unique().with_columns(pl.lit(True).alias("is_there"))
    why = (
        pl.when(pl.col("is_there").is_null())
        .then(pl.lit(Fell.LEADS.value))
        .otherwise(pl.lit((Fell.REPLY if lost_a_reply else Fell.ANSWER).value))
    )
    new = gone.join(still_there, on="session_id", how="left").with_columns(
        why.alias("why"), pl.lit(rests_on.previous.number + 1, pl.Int64).alias("number")
    )
    old = before["recalled"].join(now, on=KEY, how="anti")
    return pl.concat([old.select(list(RECALLED)), new.select(list(RECALLED))]).unique(KEY, keep="first").sort(KEY)


def _named(parts: pl.DataFrame) -> pl.DataFrame:
    """`session_id lead_id subscriber` of the parts whose verdict is one subscriber, each once."""
    found = parts.filter(pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value)
    whom = pl.col("subscribers").list.first().alias("subscriber")
    return found.select("session_id", "lead_id", whom).unique(KEY, keep="first", maintain_order=True)
