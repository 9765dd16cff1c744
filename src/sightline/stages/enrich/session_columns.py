"""The columns of an enriched session (ADR 16), in order. Words of closed sets are stored as numbers, not as texts.

Five million sessions as texts would take gigabytes. Each compares and joins with texts as texts do.
"""

from __future__ import annotations

import polars as pl

from sightline.model import PlaceWhy
from sightline.stages.enrich import india
from sightline.stages.enrich.countries import COUNTRIES

COUNTRY = pl.Enum(sorted(COUNTRIES))
STATE = pl.Categorical()
CIRCLE = pl.Enum(india.list_circles())
LINES = ("hosting", "mobile", "business", "fixed")
"""If data sets disagree about a line, the first of these is used, because it promises least."""
RELAYS = ("tor", "vpn", "proxy", "private", "cdn", "hosting")
"""Kinds of relay. If several lists name the address, the first of these is used."""
ANSWER = pl.Struct(
    {
        "dataset": pl.UInt16(),
        "country": COUNTRY,
        "state": STATE,
        "district": pl.String(),
        "radius_km": pl.Float32(),
    }
)
RESULT: dict[str, pl.DataType] = {
    "session": pl.UInt32(),
    "country": COUNTRY,
    "state": STATE,
    "circle": CIRCLE,
    "district": pl.String(),
    "place": pl.Enum(["agreed", "undetermined"]),
    "place_why": pl.Enum([why.value for why in PlaceWhy]),
    "radius_km": pl.Float32(),
    "place_datasets": pl.List(pl.UInt16()),
    "place_answers": pl.List(ANSWER),
    "asn": pl.UInt32(),
    "isp": pl.String(),
    "line": pl.Enum(LINES),
    "network_dataset": pl.UInt16(),
    "relay": pl.Enum(["yes", "no", "unknown"]),
    "relay_kind": pl.Enum(RELAYS),
    "relay_dataset": pl.UInt16(),
    "relay_date_us": pl.Int64(),
    "relay_listed": pl.Boolean(),
    "nat_shared": pl.Boolean(),
    "nat_subscribers": pl.UInt32(),
    "nat_ports": pl.UInt32(),
    "nat_base": pl.UInt32(),
    "nat_reuses": pl.Boolean(),
    "nat_delegated": pl.UInt8(),
    "nat_operator": pl.Boolean(),
    "nat_dataset": pl.UInt16(),
    "assignment": pl.String(),
    "assignment_dataset": pl.UInt16(),
    "crawler": pl.String(),
    "agency": pl.String(),
    "agent_dataset": pl.UInt16(),
}


def cast_columns(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose result columns have their types."""
    return table.with_columns(pl.col(name).cast(dtype) for name, dtype in RESULT.items() if name in table.columns)
