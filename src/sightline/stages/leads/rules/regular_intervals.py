"""Visits at regular intervals: a timer, not a person."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="regular-intervals",
    version=1,
    side=Side.CEILING,
    sentence="{visits:visit} at regular intervals of {median_gap_s} s: a timer",
    session_condition=pl.col("is_regular"),
    ceiling=Ceiling.AUTOMATED,
)
