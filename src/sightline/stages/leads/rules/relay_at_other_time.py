"""An address that was listed as a relay, but at a time that does not cover the visit."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="relay-at-other-time",
    version=1,
    side=Side.CEILING,
    sentence="the address is on a list of relays of another time: whether it was one then is unknown",
    session_condition=pl.col("relay").eq("unknown").fill_null(False) & pl.col("relay_listed").fill_null(False),
    ceiling=Ceiling.SHARED,
    dataset="relay_dataset",
)
