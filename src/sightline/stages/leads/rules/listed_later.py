"""Visits before the site was listed: they form no lead, and are displayed."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="listed-later",
    version=1,
    side=Side.NOTE,
    sentence="{later:visit} more came before the agency listed the site, and counted for nothing",
    session_condition=pl.col("later").gt(0),
)
