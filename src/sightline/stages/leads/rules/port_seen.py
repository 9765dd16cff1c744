"""The record holds the source port: with the time it distinguishes one line from others behind one address."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="port-seen",
    version=1,
    side=Side.NOTE,
    sentence="the record holds the source port of {n:visit}",
    visit_condition=pl.col("source_port").gt(0).fill_null(False),
)
