"""One visit: an accident looks the same."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="one-visit",
    version=1,
    side=Side.AGAINST,
    sentence="one visit only",
    session_condition=pl.col("visits").eq(1),
)
