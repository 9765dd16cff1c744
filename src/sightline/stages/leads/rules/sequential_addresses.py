"""Addresses that count upwards from visitor to visitor in an exhibit: a program wrote them, not visitors."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

SEQUENCE = 8
"""Visitors in a row, each with the next address. Chance gives no such row."""

RULE = Rule(
    id="sequential-addresses",
    version=1,
    side=Side.CEILING,
    sentence="its address is one of {sequential} in a row that count upwards: a log that was made up looks so",
    session_condition=pl.col("sequential").ge(SEQUENCE),
    ceiling=Ceiling.TIME_UNPROVEN,
)
