"""A report that names an upload: its sender saw the account send something."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Side

RULE = Rule(
    id="reported-upload",
    version=1,
    side=Side.FOR,
    words="the report names an upload in {n:visit}",
    seen=pl.col("record_kind").str.starts_with("tip")
    & pl.col("method").str.contains(r"(?:^|[ _/-])upload").fill_null(value=False),
    element=OffenceElement.TRANSMITS,
)
