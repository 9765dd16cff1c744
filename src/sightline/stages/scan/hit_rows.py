"""Encode hit rows and rejects canonically: JSON lines, CSV, and the table for Parquet (ADR 2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from sightline.model import HIT_COLUMNS, Hit, Reject
from sightline.model.csv_cells import format_csv_cell

if TYPE_CHECKING:
    import polars

Cell: TypeAlias = str | int | bool | None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CSV_HEADER = (",".join(HIT_COLUMNS) + "\n").encode()
INTEGER_COLUMNS = frozenset("uncertainty_s source_port destination_port status bytes byte_offset line_number".split())
_PLAIN = [field.name for field in fields(Hit) if field.name not in {"timestamp_us", "raw"}]


def format_timestamp(timestamp_us: int) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always with six digits."""
    return (EPOCH + timedelta(microseconds=timestamp_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def format_raw_text(raw: bytes) -> tuple[str, str]:
    """Return the text of a frame's bytes and its encoding: `utf-8`, else `base64`."""
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64"


def build_hit_row(hit: Hit) -> dict[str, Cell]:
    """Return all columns of a hit, in order, as JSON lines and CSV show them."""
    raw, encoding = format_raw_text(hit.raw)
    plain = {name: getattr(hit, name) for name in _PLAIN}
    return {"timestamp": format_timestamp(hit.timestamp_us), **plain, "raw": raw, "encoding": encoding}


def format_hit_jsonl(hit: Hit) -> bytes:
    """Return the canonical line of a hit, with its LF, from which a segment's identity is computed."""
    return _format_json_line(build_hit_row(hit))


def reject_jsonl(reject: Reject) -> bytes:
    """Return the line of a reject, with its LF."""
    return _format_json_line({field.name: getattr(reject, field.name) for field in fields(Reject)})


def format_hit_csv(hit: Hit) -> bytes:
    """Return the CSV line of a hit, with its LF, each cell by `format_csv_cell`."""
    return (",".join(map(format_csv_cell, build_hit_row(hit).values())) + "\n").encode()


def build_hit_table(hits: Iterable[Hit]) -> polars.DataFrame:
    """Return the hits as a table with the types of the Parquet file: instants, integers, and `raw` as bytes."""
    import polars  # noqa: PLC0415  - it takes 400 ms to load, and few runs write Parquet

    types: dict[str, polars.DataType] = {name: polars.String() for name in HIT_COLUMNS}
    types |= {name: polars.Int64() for name in INTEGER_COLUMNS}
    types |= {"timestamp": polars.Datetime("us", "UTC"), "vouched": polars.Boolean(), "raw": polars.Binary()}
    rows = [list({**build_hit_row(hit), "timestamp": hit.timestamp_us, "raw": hit.raw}.values()) for hit in hits]
    return polars.DataFrame(rows, schema=types, orient="row")


@dataclass(frozen=True, slots=True)
class HitRows:
    """Hits of the oracle as a `HitBatch`."""

    rows: Sequence[Hit]

    def __len__(self) -> int:
        return len(self.rows)

    def to_jsonl(self) -> bytes:
        """Return one canonical line for each hit."""
        return b"".join(map(format_hit_jsonl, self.rows))

    def to_csv(self) -> bytes:
        """Return one CSV line for each hit, without the header."""
        return b"".join(map(format_hit_csv, self.rows))

    def to_frame(self) -> polars.DataFrame:
        """Return the hits as a table."""
        return build_hit_table(self.rows)


def _format_json_line(row: Mapping[str, Cell]) -> bytes:
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
