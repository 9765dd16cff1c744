"""Addresses that count upwards from visitor to visitor in an exhibit: written by a program, not by visitors."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

SEQUENCE = 8
"""Visitors, each with the address above the one before: chance gives no such row."""

RULE = Rule(
    id="sequential-addresses",
    version=1,
    side=Side.CEILING,
    words="its address is one of {sequential} in a row that count upwards: a log that was made up looks so",
    holds=pl.col("sequential").ge(SEQUENCE),
    ceiling=Ceiling.TIME_UNPROVEN,
)
