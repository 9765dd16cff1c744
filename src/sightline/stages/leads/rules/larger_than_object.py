"""An answer far larger than the same page normally is: the record or the page was altered."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="larger-than-object",
    version=1,
    side=Side.AGAINST,
    sentence="{n:visit} got an answer ten times as large as the same page has otherwise",
    visit_condition=pl.col("is_oversized"),
)
