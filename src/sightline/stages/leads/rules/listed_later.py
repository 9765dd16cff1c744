"""Visits before the site was listed: they form no lead, and are displayed."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="listed-later",
    version=1,
    side=Side.NOTE,
    words="{later:visit} more came before the agency listed the site, and counted for nothing",
    holds=pl.col("later").gt(0),
)
