"""Many sites within two seconds: a redirect or pop-under, not a person."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="burst",
    version=1,
    side=Side.AGAINST,
    words="{visits:visit} to {hosts:site} within {span_s} s: a redirect or pop-under looks so",
    holds=pl.col("hosts").ge(3) & pl.col("span_us").lt(2_000_000),
)
