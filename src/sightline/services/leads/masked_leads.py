"""Remove what tells lines apart from leads: addresses are masked in every text, and ports removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from sightline.stages.report.address_masks import collect_addresses, mask_address, mask_all, mask_text

PLAIN = frozenset(
    "lead_id session_id first_seen last_seen earliest latest keep_until exhibit indicator_id dataset_date rule".split()
)
"""Keys whose texts are ids, times and names of rules."""


def mask_lead(lead_json: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lead (`docs/schema/lead.json`) masked, with `is_masked` set."""
    parts = [lead_json, *lead_json.get("joined", ()), *lead_json.get("beside", ())]
    addresses = collect_addresses(part.get("source_ip") for part in parts)
    made = mask_all(lead_json, addresses, PLAIN)
    assert isinstance(made, dict)
    for part in (made, *made.get("joined", ()), *made.get("beside", ())):
        _without_ports(part)
    return made | {"is_masked": True}


def mask_session(session_json: Mapping[str, Any]) -> dict[str, Any]:
    """Return a session of `resolve --json` (`docs/schema/resolution.json`) masked, with `is_masked` set."""
    destinations = (part.get("destination_ip") for part in session_json.get("visits", ()))
    made = mask_all(session_json, collect_addresses([session_json["source_ip"], *destinations]), PLAIN)
    assert isinstance(made, dict)
    for part in (made, *made.get("visits", ())):
        _without_ports(part)
    return made | {"is_masked": True}


def mask_table(table: pl.DataFrame) -> pl.DataFrame:
    """Return a flat table of leads (from `flat`) masked."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String and name not in PLAIN]
    masks = [_mask_each(table[name], is_address=name == "source_ip") for name in texts]
    return table.with_columns(*masks, pl.lit(None, table.schema["source_port"]).alias("source_port"))


def _mask_each(texts: pl.Series, *, is_address: bool) -> pl.Series:
    known = {
        drop_null: mask_address(drop_null) if is_address else mask_text(drop_null)
        for drop_null in texts.unique().drop_nulls()
    }
    return texts.replace_strict(known, default=None, return_dtype=pl.String)


def _without_ports(one: dict[str, Any]) -> None:
    one.update({name: None for name in ("source_port", "destination_port") if name in one})
