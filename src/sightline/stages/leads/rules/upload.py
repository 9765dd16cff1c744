"""Something was sent to the site: an upload."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Seriousness, Side
from sightline.stages.leads.urls import match_path, match_query

RULE = Rule(
    id="upload",
    version=2,
    side=Side.FOR,
    sentence="{n:visit} sent something to the site: an upload",
    text_condition=match_path(r"/[^?#]*(?:upload|attach(?:ment|file)?s?(?:[/?#._-]|$))")
    | match_query(r"[^&;#=]+=[^&;#]*upload"),
    visit_condition=pl.col("method").is_in(["PUT", "POST"]) & pl.col("status").is_between(200, 399).fill_null(True),
    element=OffenceElement.TRANSMITS,
    seriousness=Seriousness.SENT,
)
