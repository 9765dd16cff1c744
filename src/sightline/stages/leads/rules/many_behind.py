"""More agents in one session than one line has: this contradicts a statement that the address is not shared."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import BASE_WITHOUT_PORT, Rule, Side

MANY = 50
"""Agents in one session. A household or office has fewer."""

RULE = Rule(
    id="many-behind",
    version=1,
    side=Side.CEILING,
    sentence="{agents:agent} in one session: more than one line has, whatever is said of the network",
    session_condition=pl.col("base").eq(BASE_WITHOUT_PORT) & pl.col("agents").ge(MANY),
    ceiling=Ceiling.SHARED,
)
