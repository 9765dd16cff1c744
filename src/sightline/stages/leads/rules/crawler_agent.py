"""Visits whose agent identifies itself as a program: by its own words, or by a data set of crawlers."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="crawler-agent",
    version=2,
    side=Side.CEILING,
    sentence="{n:visit} came from a program by its own words (its agent)",
    visit_condition=pl.col("is_crawler"),
    ceiling=Ceiling.AUTOMATED,
)
