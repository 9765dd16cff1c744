"""A report that names an upload: its sender saw the account send something."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Seriousness, Side

RULE = Rule(
    id="reported-upload",
    version=1,
    side=Side.FOR,
    sentence="the report names an upload in {n:visit}",
    visit_condition=pl.col("record_kind").str.starts_with("tip")
    & pl.col("method").str.contains(r"(?:^|[ _/-])upload").fill_null(value=False),
    element=OffenceElement.TRANSMITS,
    seriousness=Seriousness.SENT,
    place_in_step=1,
)
