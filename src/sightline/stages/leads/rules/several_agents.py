"""Several programs behind the line: several people, or several machines."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="several-agents",
    version=1,
    side=Side.AGAINST,
    sentence="{agents:agent} behind the address in this session: several people or machines may share it",
    session_condition=pl.col("agents").ge(2),
)
