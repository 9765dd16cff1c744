"""A connection whose page is unknown; on shared hosting perhaps to another site."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="connection",
    version=1,
    side=Side.CEILING,
    sentence="{n:visit} made a connection whose page is not known",
    visit_condition=pl.col("record_kind").is_in(["tls", "flow"]) | pl.col("method").eq("CONNECT").fill_null(False),
    ceiling=Ceiling.CONNECTION_ONLY,
)
