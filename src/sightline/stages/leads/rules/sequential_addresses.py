"""Addresses that count upwards from line to line: written by a program, not by visitors."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

SEQUENCE = 16
"""Addresses, each one above the one before, each later by seconds: chance gives no such row."""

RULE = Rule(
    id="sequential-addresses",
    version=1,
    side=Side.AGAINST,
    words="its address stands in a row of {sequential} that count upwards: a log that was made up looks so",
    holds=pl.col("sequential").ge(SEQUENCE),
)
