"""A name was looked up; nothing was visited."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="dns-lookup",
    version=1,
    side=Side.CEILING,
    sentence="{n:visit} only looked up a name: nothing was visited",
    visit_condition=pl.col("record_kind").str.starts_with("dns-"),
    ceiling=Ceiling.RESOLUTION_ONLY,
)
