"""The record names an account: the visitor had one, or used one."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Side

RULE = Rule(
    id="account",
    version=1,
    side=Side.FOR,
    sentence="{n:visit} under an account that the record names",
    visit_condition=pl.col("user").is_not_null(),
    element=OffenceElement.BROWSES,
)
