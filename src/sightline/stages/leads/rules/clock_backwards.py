"""An exhibit in which time runs backwards by more than its uncertainty: it is unknown which of its times are right."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="clock-backwards",
    version=1,
    side=Side.CEILING,
    sentence="time runs backwards inside the exhibit of {n:visit}, by more than its uncertainty",
    visit_condition=pl.col("is_clock_backwards"),
    ceiling=Ceiling.TIME_UNPROVEN,
)
