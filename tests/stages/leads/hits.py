"""Rows of hits in a few words, and the sessions that they make, judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from sightline.services.sessions.sessionise import make_sessions
from sightline.stages.enrich.address_numbers import number_addresses
from sightline.stages.leads import session_join
from sightline.stages.leads.suspicion import compute_size_limits
from sightline.stages.leads.verdicts import judge_sessions
from sightline.stages.leads.visits import examine_hits

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SCHEMA: dict[str, Any] = {
    "source_ip": pl.String,
    "timestamp": pl.Datetime("us", "UTC"),
    "uncertainty_s": pl.Int64,
    "source_port": pl.Int64,
    "host": pl.String,
    "url": pl.String,
    "method": pl.String,
    "status": pl.Int64,
    "bytes": pl.Int64,
    "user_agent": pl.String,
    "referrer": pl.String,
    "user": pl.String,
    "record_kind": pl.String,
    "indicator_id": pl.String,
    "indicator_kind": pl.String,
    "opinion": pl.String,
    "vouched": pl.Boolean,
    "member": pl.String,
    "byte_offset": pl.Int64,
    "exhibit": pl.UInt32,
    "source": pl.UInt32,
    "is_zone_proven": pl.Boolean,
    "is_clock_backwards": pl.Boolean,
    "is_made_up": pl.Boolean,
    "is_moved_copy": pl.Boolean,
    "is_prefetch": pl.Boolean,
    "is_relayed": pl.Boolean,
    "back_us": pl.Int64,
    "precision_us": pl.Int64,
    "flags": pl.String,
}
PLAIN: dict[str, Any] = {
    "source_ip": "198.51.100.7",
    "uncertainty_s": 1,
    "source_port": 40_000,
    "host": "board.example",
    "url": "https://board.example/",
    "method": "GET",
    "status": 200,
    "bytes": 900,
    "user_agent": BROWSER,
    "record_kind": "http-request",
    "indicator_id": "aa",
    "indicator_kind": "domain",
    "opinion": "flagged",
    "vouched": True,
    "exhibit": 0,
    "source": 0,
    "is_zone_proven": True,
    "is_clock_backwards": False,
    "is_made_up": False,
    "is_moved_copy": False,
    "is_prefetch": False,
    "is_relayed": False,
    "back_us": 0,
    "precision_us": 1_000_000,
}
"""A visit of which no rule says more than that its port is known and the address is of the documentation."""

Hit = dict[str, Any]


def at(second: float, **columns: Any) -> Hit:
    """A hit so long after NOON."""
    return {"timestamp": NOON + timedelta(seconds=second)} | columns


def frame(hits: Sequence[Hit]) -> pl.DataFrame:
    """The hits as a rebuild reads them; each stands at an offset of its own, unless it says where."""
    rows = [PLAIN | {"timestamp": NOON, "byte_offset": 1000 * number} | one for number, one in enumerate(hits)]
    found = pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA)
    numbers = number_addresses(found["source_ip"]).select("address", "hi", "lo")
    return found.join(numbers, left_on="source_ip", right_on="address", how="left", maintain_order="left")


def found(hits: Sequence[Hit], *, exercise: bool = True) -> pl.DataFrame:
    """The sessions of the hits, not joined and not judged."""
    places = pl.DataFrame(
        {"ordinal": [0, 1, 2], "exhibit": ["a" * 64, "b" * 64, "c" * 64], "member": [None, None, "inner.log"]},
        schema_overrides={"ordinal": pl.UInt32, "member": pl.String},
    )
    rows = frame(hits)
    larger = compute_size_limits(rows.lazy()).with_columns(pl.lit(0, pl.UInt32).alias("exhibit"))
    return make_sessions(examine_hits(rows, [], 0, larger), [], places, exercise=exercise)


def leads(hits: Sequence[Hit], *, exercise: bool = True, **options: Any) -> pl.DataFrame:
    """The leads of the hits; `said` is what data sets say of every address."""
    made = found(hits, exercise=exercise)
    made = made.with_columns(pl.lit(value).cast(made.schema[name]).alias(name) for name, value in options.items())
    several = made.filter(session_join.IS_JOINABLE)
    single = made.filter(~session_join.IS_JOINABLE).with_columns(
        pl.lit(1, pl.UInt32).alias("sessions"), pl.lit(None, pl.String).alias("joined_by")
    )
    parts = [judge_sessions(single)]
    if len(several):
        grouped = session_join.group_sessions(several)
        alone = judge_sessions(grouped.with_columns(pl.lit(1, pl.UInt32).alias("sessions")))
        parts.append(judge_sessions(session_join.join_sessions(grouped.with_columns(alone["rank"]))))
    return pl.concat(parts, how="diagonal").sort("hi", "lo", "first_us", "lead_id")
