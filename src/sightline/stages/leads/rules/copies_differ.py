"""An exhibit whose lines stand in another exhibit at another time: the zone or the clock of one of both is wrong."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="copies-differ",
    version=1,
    side=Side.CEILING,
    sentence="{n:visit} stood in a file whose lines are in another file at other times: one zone or clock is wrong",
    visit_condition=pl.col("is_moved_copy"),
    ceiling=Ceiling.TIME_UNPROVEN,
)
