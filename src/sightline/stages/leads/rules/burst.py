"""Many sites within two seconds: a redirect or pop-under, not a person."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="burst",
    version=1,
    side=Side.AGAINST,
    sentence="{n:visit} came in a burst over several sites within two seconds: a redirect or pop-under looks so",
    visit_condition=pl.col("is_in_burst"),
)
