"""Pages deep inside the site, which no single step reaches."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Side
from sightline.stages.leads.urls import is_deep, is_subresource

RULE = Rule(
    id="deep-pages",
    version=2,
    side=Side.FOR,
    sentence="{n:visit} went to pages deep inside the site",
    text_condition=is_deep() & ~is_subresource(),
    visit_condition=(pl.col("status").is_between(200, 299) | pl.col("status").eq(304)).fill_null(True)
    & pl.col("method").ne("HEAD").fill_null(True),
    element=OffenceElement.BROWSES,
)
