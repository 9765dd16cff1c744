"""Read the rows of a notice, from its CSV or a frame, into the world's own terms."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput, UsageError
from sightline.exercise.networks import V6
from sightline.exercise.replies.line_names import find_line_of_number

RECORDS = "row_id ip port destination_ip destination_port from_us until_us uncertainty_s".split()
SUBSCRIBERS = "row_id number".split()
"""The columns of a notice's rows. Ports, destinations and the uncertainty are optional."""
_CSV = {"address": "ip", "destination": "destination_ip"}


def read_notice_rows(path: Path) -> pl.DataFrame:
    """Return the rows of a notice's CSV, all texts, under the names of a frame.

    Raises UsageError for a missing file, DamagedInput for an invalid CSV.
    """
    try:
        rows = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", hint="sightline notices export writes the rows of a notice") from None
    except pl.exceptions.PolarsError as error:
        raise DamagedInput(
            f"{path}: no rows of a notice: {error}", hint="sightline notices export writes them"
        ) from None
    rows = rows.rename({name: name.strip().lstrip("\ufeff") for name in rows.columns})
    return rows.rename({old: new for old, new in _CSV.items() if old in rows.columns and new not in rows.columns})


def build_record_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a notice for records: RECORDS, `key`, and `throw`, the number for random values."""
    known_rows = rows.with_columns(
        _parse_instant(rows, edge).alias(f"{edge}_us") for edge in ("from", "until") if f"{edge}_us" not in rows.columns
    )
    for name in ("port", "destination_ip", "destination_port", "uncertainty_s"):
        if name not in known_rows.columns:
            known_rows = known_rows.with_columns(pl.lit(None).alias(name))
    _require(known_rows, RECORDS)
    return (
        known_rows.select(RECORDS)
        .with_columns(
            pl.col("row_id", "ip", "destination_ip").cast(pl.String),
            pl.col("port", "destination_port").cast(pl.String).str.strip_chars().cast(pl.Int64, strict=False),
            pl.col("from_us", "until_us").cast(pl.Int64),
            pl.col("uncertainty_s").cast(pl.Int64, strict=False).fill_null(0),
        )
        .with_columns(parse_address_key("ip").alias("key"), _parse_throw().alias("throw"))
    )


def build_subscriber_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a notice for subscribers: SUBSCRIBERS and `throw`."""
    _require(rows, SUBSCRIBERS)
    # By the number, not by the row's id: a product may derive ids from a secret of its own.
    questions = rows.select(pl.col(SUBSCRIBERS).cast(pl.String)).sort("number")
    return questions.with_columns(find_line_of_number(pl.col("number")).fill_null(0).alias("throw"))


def _require(rows: pl.DataFrame, names: list[str]) -> None:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise UsageError(
            f"the rows of the notice lack {', '.join(missing)}", hint="sightline notices export writes them"
        )


def _parse_instant(rows: pl.DataFrame, edge: str) -> pl.Expr:
    if f"{edge}_utc" not in rows.columns:
        raise UsageError(f"the rows of the notice lack {edge}_utc", hint="sightline notices export writes them")
    text = pl.col(f"{edge}_utc").str.replace(r"\s*(Z|UTC|\+00:00)$", "").str.replace(" ", "T")
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us").dt.epoch("us")


def parse_address_key(ip: str) -> pl.Expr:
    """Return the key (`networks`) of an address's text, or null for an address outside the world's networks."""
    text = pl.col(ip)
    octets = text.str.extract_groups(r"^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$")
    v4 = pl.sum_horizontal(
        octets.struct.field(str(place + 1)).cast(pl.Int64) * (1 << 24 - 8 * place) for place in range(4)
    )
    groups = text.str.extract_groups(r"^2001:db8:([0-9a-f]{1,4}):([0-9a-f]{1,4}):")
    high, low = (
        groups.struct.field(str(place)).str.to_integer(base=16, strict=False, dtype=pl.Int64) for place in (1, 2)
    )
    v6 = V6 + (high - 1) * (1 << 16) + low
    is_v4 = text.str.contains(r"^\d{1,3}(\.\d{1,3}){3}$")
    return pl.when(is_v4).then(v4).otherwise(v6)


def _parse_throw() -> pl.Expr:
    """A row id as a number; of one that is none, its place."""
    number = pl.col("row_id").str.slice(0, 12).str.to_integer(base=16, strict=False, dtype=pl.Int64)
    return number.fill_null(pl.int_range(pl.len(), dtype=pl.Int64))
