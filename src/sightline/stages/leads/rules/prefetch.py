"""Pages that a browser fetched before the user asked for them (`Sec-Purpose: prefetch`, Fetch standard)."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="prefetch",
    version=1,
    side=Side.CEILING,
    sentence="{n:visit} came ahead: a browser fetched before anybody asked",
    visit_condition=pl.col("is_prefetch"),
    ceiling=Ceiling.AUTOMATED,
)
