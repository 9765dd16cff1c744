"""A statement that the network gives each line an address of its own."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="not-shared",
    version=1,
    side=Side.NOTE,
    sentence="the network is stated not to share this address",
    session_condition=pl.col("nat_shared").eq(False).fill_null(False),
    dataset="nat_dataset",
)
