"""The rows of a notice for the licensee: a CSV for machines, and the first rows for the printed page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO

import polars as pl

from sightline.evidence.documents.document_facts import FileFacts
from sightline.evidence.documents.notice_facts import MOST_ROWS, RowFacts, TimeFacts
from sightline.services.artifacts.flat_leads import escape_for_spreadsheets
from sightline.stages.report import printable

NAME = "rows.csv"
COLUMNS = (
    "row_id address port protocol destination destination_port from_utc until_utc from_ist until_ist uncertainty_s"
).split()
OF_NUMBERS = "row_id number number_kind sessions from_utc until_utc from_ist until_ist".split()
IST_US = 19_800_000_000


def is_of_numbers(rows: pl.DataFrame) -> bool:
    """Return whether these are rows of a notice for subscribers."""
    return "number" in rows.columns


def format_csv(rows: pl.DataFrame) -> bytes:
    """Return the rows as CSV with COLUMNS or OF_NUMBERS, times in RFC 3339. The same rows give the same bytes.

    No cell is a formula to a spreadsheet.
    """
    out = BytesIO()
    escape_for_spreadsheets(flatten_rows(rows)).write_csv(out)
    return out.getvalue()


def flatten_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the columns of the CSV."""
    named = rows if is_of_numbers(rows) else rows.rename({"ip": "address", "destination_ip": "destination"})
    times = [
        _format_instant(pl.col(f"{edge}_us") + shift, zone).alias(f"{edge}_{name}")
        for edge in ("from", "until")
        for name, shift, zone in (("utc", 0, "Z"), ("ist", IST_US, "+05:30"))
    ]
    return named.with_columns(times).select(OF_NUMBERS if is_of_numbers(rows) else COLUMNS)


def mask_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the CSV's columns, without what tells lines and people apart: masked, `(port)`, `(number)`."""
    if is_of_numbers(rows):
        return rows.with_columns(pl.lit("(number)").alias("number"))
    masked = pl.Series("address", [printable.mask_lines(text) for text in rows["address"]], dtype=pl.String)
    to = [None if text is None else printable.mask_lines(text) for text in rows["destination"]]
    port = pl.when(pl.col("port").is_not_null()).then(pl.lit("(port)")).alias("port")
    return rows.with_columns(masked, pl.Series("destination", to, dtype=pl.String), port)


def _format_instant(at_us: pl.Expr, zone: str, between: str = "T") -> pl.Expr:
    """Return an instant, already in its zone, in RFC 3339 to the microsecond, without trailing zeros."""
    text = pl.from_epoch(at_us, "us").dt.strftime(f"%Y-%m-%d{between}%H:%M:%S%.6f")
    return pl.concat_str(text.str.strip_chars_end("0").str.strip_chars_end("."), pl.lit(zone))


def build_file_facts(csv: bytes) -> FileFacts:
    """Return the facts by which a document names the CSV."""
    return FileFacts(NAME, len(csv), hashlib.sha256(csv).hexdigest())


def list_first_rows(rows: pl.DataFrame) -> tuple[RowFacts, ...]:
    """Return the first rows, as a page prints them."""
    first = rows.head(MOST_ROWS)
    times = [
        _format_instant(pl.col(f"{edge}_us") + shift, zone, " ").alias(f"{edge}_{name}")
        for edge in ("from", "until")
        for name, shift, zone in (("utc", 0, "Z"), ("ist", IST_US, " IST"))
    ]
    timed = first.with_columns(times)
    return _build_numbers(timed) if is_of_numbers(rows) else _build_records(timed)


def _build_records(rows: pl.DataFrame) -> tuple[RowFacts, ...]:
    ip, port = pl.col("destination_ip"), pl.col("destination_port").cast(pl.String)
    whole = pl.when(ip.str.contains(":", literal=True)).then(pl.format("[{}]:{}", ip, port))
    destination = pl.when(port.is_null()).then(ip).otherwise(whole.otherwise(pl.format("{}:{}", ip, port)))
    # A port with its protocol, as services are written: 40000/tcp.
    source = pl.concat_str([pl.col("port").cast(pl.String), "protocol"], separator="/", ignore_nulls=True)
    source = pl.when(pl.col("port").is_not_null() | pl.col("protocol").is_not_null()).then(source)
    columns = ("row_id", "ip", *_TIMES, source.alias("source"), destination, "uncertainty_s")
    return tuple(
        RowFacts(row[0], row[1], *_pair_times(row[2:6]), *row[6:9]) for row in rows.select(columns).iter_rows()
    )


def _build_numbers(rows: pl.DataFrame) -> tuple[RowFacts, ...]:
    columns = ("row_id", "number", *_TIMES, "number_kind", "sessions")
    return tuple(
        RowFacts(row[0], row[1], *_pair_times(row[2:6]), number_kind=row[6], sessions=row[7])
        for row in rows.select(columns).iter_rows()
    )


_TIMES = ("from_utc", "from_ist", "until_utc", "until_ist")


def _pair_times(texts: Sequence[str]) -> tuple[TimeFacts, TimeFacts]:
    return TimeFacts(texts[0], texts[1]), TimeFacts(texts[2], texts[3])
