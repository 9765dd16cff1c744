"""Times whose zone the record does not state, and whose declared zone has no basis."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="zone-unproven",
    version=1,
    side=Side.CEILING,
    sentence="the zone of {n:visit} is neither in the record nor declared with a basis",
    visit_condition=pl.col("is_zone_proven").not_(),
    ceiling=Ceiling.TIME_UNPROVEN,
)
