"""A data set as the pure stages use it, and the columns of its Parquet, by kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from sightline.model import DatasetKind

DAY_US = 86_400_000_000
SPEAKS_FOR_DAYS = 92
"""How long after its date a data set is valid, by default."""
FOREVER_US = (1 << 63) - 1
BEGINNING_US = -(1 << 63)


@dataclass(frozen=True, slots=True)
class DataSet:
    """An imported data set: its registered facts, and the present path of its Parquet."""

    name: str
    kind: DatasetKind
    dated_us: int
    dataset_id: str
    path: Path
    speaks_for_days: int = SPEAKS_FOR_DAYS
    notes: dict[str, Any] = field(default_factory=dict, hash=False)


TEXT, REAL = pl.String(), pl.Float32()
RANGE = {
    "first_hi": pl.UInt64(),
    "first_lo": pl.UInt64(),
    "last_hi": pl.UInt64(),
    "last_lo": pl.UInt64(),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
}
"""The columns of every kind except `boundary`."""
COLUMNS: dict[DatasetKind, dict[str, pl.DataType]] = {
    DatasetKind.CITY: {
        "country": TEXT,
        "state": TEXT,
        "circle": TEXT,
        "district": TEXT,
        "latitude": REAL,
        "longitude": REAL,
        "radius_km": REAL,
    },
    DatasetKind.NETWORK: {"asn": pl.UInt32(), "isp": TEXT, "line": TEXT, "circle": TEXT},
    DatasetKind.RELAY: {"relay": TEXT, "since_us": pl.Int64(), "seen_us": pl.Int64()},
    DatasetKind.AGENT: {"crawler": TEXT, "agency": TEXT, "pattern": TEXT},
    DatasetKind.NAT: {
        "shared": pl.Boolean(),
        "subscribers": pl.UInt32(),
        "ports": pl.UInt32(),
        "block_base": pl.UInt32(),
        "reuses_ports": pl.Boolean(),
        "delegated_length": pl.UInt8(),
        "is_operator": pl.Boolean(),
        "assignment": TEXT,
    },
    DatasetKind.BOUNDARY: {
        "state": TEXT,
        "part": pl.UInt32(),
        "ring": pl.UInt32(),
        "longitude": pl.Float64(),
        "latitude": pl.Float64(),
    },
}
"""The columns of each kind, after those of the range."""
SHARING = ("shared", "subscribers", "ports", "block_base", "reuses_ports", "delegated_length", "is_operator")
"""The columns about how a network shares its addresses. The others of a statement are about an assignment."""


def build_schema(kind: DatasetKind) -> dict[str, pl.DataType]:
    """Return the columns of a kind's Parquet, in order."""
    return COLUMNS[kind] if kind is DatasetKind.BOUNDARY else RANGE | COLUMNS[kind]


def sort_datasets(sets: list[DataSet]) -> list[DataSet]:
    """Return data sets in a generation's order: `*_dataset` is the position in this list."""
    return sorted(sets, key=lambda one: (one.kind.value, one.name, one.dated_us, one.dataset_id))
