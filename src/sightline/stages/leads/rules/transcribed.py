"""A connection that an officer read in a message and confirmed or typed: no program read it in fields."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="transcribed",
    version=1,
    side=Side.NOTE,
    sentence="an officer read {n:visit} in a message and confirmed or typed what it says",
    visit_condition=pl.col("record_kind").eq("tip-transcribed"),
)
