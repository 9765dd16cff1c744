"""A report that states a peer of a network, and not that the peer sent bytes of a known file."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="peer-seen",
    version=1,
    side=Side.CEILING,
    sentence="in {n:visit} a peer was seen; that it sent anything is not stated",
    visit_condition=pl.col("record_kind").eq("tip-peer"),
    ceiling=Ceiling.CONNECTION_ONLY,
)
