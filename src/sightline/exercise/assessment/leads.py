"""Read a product's leads, or sessions, into one set of names, from Parquet (ADR 17) or JSONL (`leads list --json`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import DamagedInput, UsageError
from sightline.model import Ceiling

SCHEMA = {
    "ip": pl.String,
    "port": pl.Int64,
    "first_us": pl.Int64,
    "last_us": pl.Int64,
    "uncertainty_s": pl.Int64,
    "ceiling": pl.String,
    "state": pl.String,
    "relay": pl.String,
    "accident": pl.Boolean,
    "sessions": pl.Int64,
}
ACCIDENTS = ("burst", "referrer")
"""Parts of the names of rules that detect an accident: a burst over sites, an advertisement's or a search's referrer.
"""
UNMEASURED_S = 900


def read(paths: Sequence[Path]) -> pl.DataFrame:
    """Return the leads of these files. A file of sessions next to them replaces the leads that join them.

    Raises UsageError for a file that is missing or of another kind, DamagedInput for one that cannot be read.
    """
    frames = [_read_leads(path) for path in paths]
    if any("session_id" in some.columns for some in frames):
        frames = [_select_single(some) for some in frames]
    return pl.concat([some.select(list(SCHEMA)) for some in frames]).filter(pl.col("ip").is_not_null())


def _select_single(some: pl.DataFrame) -> pl.DataFrame:
    """The rows that are one session."""
    return some if "session_id" in some.columns else some.filter(pl.col("sessions") == 1)


def _read_leads(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise UsageError(f"{path}: no such file", hint="sightline leads list --json > leads.jsonl")
    try:
        if path.suffix == ".parquet":
            return _read_parquet(path)
        with path.open(encoding="utf-8") as stream:
            leads = [json.loads(line) for line in stream if line.strip()]
            rows = [row for lead in leads for row in lead.get("joined") or [lead]]
            return pl.DataFrame([_from_json(row) for row in rows], schema=SCHEMA)
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError) as error:
        raise DamagedInput(f"{path}: these are not leads: {error}", hint="sightline leads list --json") from None


def _read_parquet(path: Path) -> pl.DataFrame:
    table = pl.read_parquet(path)
    rules = [
        name for name in table.columns if name.startswith("n_") and any(accident in name for accident in ACCIDENTS)
    ]
    accident = pl.any_horizontal([pl.col(name) > 0 for name in rules]) if rules else pl.lit(value=False)
    keep = ["session_id"] if "session_id" in table.columns else []
    sessions = pl.col("sessions").cast(pl.Int64) if "sessions" in table.columns and not keep else pl.lit(1, pl.Int64)
    rows = table.select(
        pl.col("source_ip").alias("ip"),
        pl.col("source_port").cast(pl.Int64).alias("port"),
        _to_micros(table, "first_us"),
        _to_micros(table, "last_us"),
        pl.col("uncertainty_s").cast(pl.Int64),
        pl.col("ceiling").cast(pl.String),
        pl.when(pl.col("place").cast(pl.String) != "undetermined").then(pl.col("state").cast(pl.String)).alias("state"),
        pl.col("relay").cast(pl.String).fill_null("no"),
        accident.alias("accident"),
        sessions.alias("sessions"),
        *keep,
    )
    _require_ceilings(set(rows["ceiling"].unique().to_list()))
    return rows


def _to_micros(table: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name).dt.epoch("us") if table.schema[name].is_temporal() else pl.col(name).cast(pl.Int64)


def _from_json(row: dict[str, Any]) -> dict[str, Any]:
    place, relay = row.get("place") or {}, row.get("relay") or {}
    rules = [reason["rule"] for reason in row.get("reasons_against") or ()]
    _require_ceilings({row["ceiling"]})
    return {
        "ip": row["source_ip"],
        "port": row.get("source_port"),
        "first_us": parse_instant_us(row["first_seen"]),
        "last_us": parse_instant_us(row["last_seen"]),
        "uncertainty_s": row.get("uncertainty_s", UNMEASURED_S),
        "ceiling": row["ceiling"],
        "state": None if place.get("verdict") == "undetermined" else place.get("state"),
        "relay": relay.get("verdict") or "no",
        "accident": any(accident in rule for rule in rules for accident in ACCIDENTS),
        "sessions": row.get("sessions") or 1,
    }


def parse_instant_us(text: str) -> int:
    """Return the microseconds since 1970 of an RFC 3339 time."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    at = datetime.fromisoformat(text)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _require_ceilings(ceilings: set[str]) -> None:
    unknown = sorted(ceilings - set(Ceiling))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no ceiling")
