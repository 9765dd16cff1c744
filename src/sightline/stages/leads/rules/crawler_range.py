"""An address that a crawler's operator publishes as its own."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="crawler-range",
    version=1,
    side=Side.CEILING,
    sentence="the address is a crawler's own: {crawler}",
    session_condition=pl.col("crawler").is_not_null(),
    ceiling=Ceiling.AUTOMATED,
    dataset="agent_dataset",
)
