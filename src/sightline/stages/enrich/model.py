"""What a data set is for the pure stages, and the columns that its Parquet holds, by kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from sightline.model import DatasetKind

DAY_US = 86_400_000_000
SPEAKS_FOR_DAYS = 92
"""How long after its date a data set may speak, unless it is told otherwise."""
FOREVER_US = (1 << 63) - 1
BEGINNING_US = -(1 << 63)


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set that was imported: what the record says of it, and where its Parquet lies now."""

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
"""The columns that every kind has but `boundary`."""
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
"""What a statement says of how a network shares its addresses; the rest of its columns is of an assignment."""


def schema(kind: DatasetKind) -> dict[str, pl.DataType]:
    """The columns of a kind's Parquet, in order."""
    return COLUMNS[kind] if kind is DatasetKind.BOUNDARY else RANGE | COLUMNS[kind]


def in_order(sets: list[DataSet]) -> list[DataSet]:
    """Data sets as a generation lists them: the position in this list is what `*_dataset` says."""
    return sorted(sets, key=lambda one: (one.kind.value, one.name, one.dated_us, one.dataset_id))
