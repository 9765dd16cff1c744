"""The same frames in another exhibit: counted once."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="copied-frames",
    version=1,
    side=Side.NOTE,
    sentence="{n:visit} stood in more than one file, and counted once",
    visit_condition=pl.col("is_copied"),
)
