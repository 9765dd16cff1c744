"""The same account, or the same static address or assignment, on several occasions."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Side

RULE = Rule(
    id="repeats",
    version=1,
    side=Side.FOR,
    sentence="{sessions} occasions, joined by the same {joined_by}",
    session_condition=pl.col("sessions").gt(1),
    element=OffenceElement.BROWSES,
)
