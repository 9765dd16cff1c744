"""Only resources that another page may load: icons, scripts, small pictures."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side
from sightline.stages.leads.urls import is_subresource

RULE = Rule(
    id="subresources-only",
    version=2,
    side=Side.AGAINST,
    sentence="only what another page may have brought with it: icons, scripts, small pictures",
    text_condition=is_subresource(),
    session_condition=pl.col("n_subresources_only").eq(pl.col("visits")),
    keeps_low=True,
)
