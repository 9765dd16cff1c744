"""An empty table of leads, for a generation without hits."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from sightline.services.sessions.sessionise import make_sessions
from sightline.stages.leads.verdicts import judge_sessions
from sightline.stages.leads.visits import READ, examine_hits

NUMBERS = ("uncertainty_s", "source_port", "status", "bytes", "byte_offset")
KINDS: dict[str, Any] = {
    **dict.fromkeys(READ, pl.String),
    **dict.fromkeys(NUMBERS, pl.Int64),
    "timestamp": pl.Datetime("us", "UTC"),
    "vouched": pl.Boolean,
    **dict.fromkeys(("hi", "lo"), pl.UInt64),
    **dict.fromkeys(("exhibit", "source"), pl.UInt32),
    **dict.fromkeys(("is_zone_proven", "is_clock_backwards", "is_made_up", "is_moved_copy"), pl.Boolean),
    **dict.fromkeys(("is_prefetch", "is_relayed"), pl.Boolean),
    **dict.fromkeys(("back_us", "precision_us"), pl.Int64),
    "flags": pl.String,
}


@cache
def make_empty_leads() -> pl.DataFrame:
    """Return a table with all lead columns and no rows."""
    places = pl.DataFrame(schema={"ordinal": pl.UInt32, "exhibit": pl.String, "member": pl.String})
    rows = make_sessions(examine_hits(pl.DataFrame(schema=KINDS), []), [], places, exercise=False)
    expression, none = pl.lit(1, pl.UInt32).alias("sessions"), pl.lit(None, pl.String).alias("joined_by")
    return judge_sessions(rows.with_columns(expression, none)).drop("session", "rank")
