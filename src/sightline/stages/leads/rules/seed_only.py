"""The issuer calls it a seed: a place to begin, not flagged by inspection."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="seed-only",
    version=1,
    side=Side.AGAINST,
    sentence="every visit is to what the issuer calls a seed, not inspected",
    visit_condition=pl.col("opinion").eq("seed"),
    session_condition=pl.col("n_seed_only").eq(pl.col("visits")),
)
