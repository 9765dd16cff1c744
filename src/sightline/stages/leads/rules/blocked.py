"""Visits to indicators that another opinion clears or disputes: left out."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="blocked",
    version=1,
    side=Side.AGAINST,
    sentence="{blocked:visit} more went to what is cleared or disputed, and counted for nothing",
    session_condition=pl.col("blocked").gt(0),
)
