"""Time spent: several pages over a minute or more."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Side

RULE = Rule(
    id="dwell",
    version=1,
    side=Side.FOR,
    sentence="{visits:visit} over {span_s} s",
    session_condition=pl.col("visits").ge(3) & pl.col("span_s").ge(60),
    element=OffenceElement.BROWSES,
)
