"""Complete answers of a size that pictures and films have."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Seriousness, Side
from sightline.stages.leads.urls import is_subresource

FULL_BYTES = 50_000
"""Larger than pages and thumbnails, in bytes."""

RULE = Rule(
    id="full-answers",
    version=2,
    side=Side.FOR,
    sentence="{n:visit} got a whole answer of 50 kB or more",
    text_condition=~is_subresource(),
    visit_condition=pl.col("status").eq(200)
    & pl.col("bytes").ge(FULL_BYTES)
    & pl.col("method").ne("HEAD").fill_null(True),
    element=OffenceElement.DOWNLOADS,
    seriousness=Seriousness.DOWNLOAD,
)
