"""A report that states that the address may be a proxy's."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="possible-proxy",
    version=1,
    side=Side.CEILING,
    sentence="of {n:visit} the report itself says that the address may be a proxy's",
    visit_condition=pl.col("record_kind").eq("tip-proxy"),
    ceiling=Ceiling.RELAY,
)
