"""Something was sent to the site: an upload."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Element, Rule, Side
from sightline.stages.leads.urls import path_has

RULE = Rule(
    id="upload",
    version=1,
    side=Side.FOR,
    words="{n:visit} sent something to the site: an upload",
    text=path_has(r"upload|attach"),
    seen=pl.col("method").is_in(["PUT", "POST"]) & pl.col("status").is_between(200, 399).fill_null(True),
    element=Element.TRANSMITS,
)
