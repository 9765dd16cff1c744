"""The same frames again in one exhibit: counted once. Many of them suggest that the log was replayed."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="replayed-frames",
    version=1,
    side=Side.AGAINST,
    sentence="{n:visit} stood again, word for word, in the same exhibit: it may have been replayed",
    visit_condition=pl.col("is_replayed"),
    session_condition=pl.col("n_replayed_frames").ge(5),
)
