"""No list of relays covers the time of the visit."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="relay-unknown",
    version=1,
    side=Side.NOTE,
    sentence="whether the address was a relay then is unknown: no list speaks for that time",
    session_condition=pl.col("relay").eq("unknown").fill_null(True),
    dataset="relay_dataset",
)
