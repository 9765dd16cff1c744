"""A line that is sold to businesses: an office, a shop or a campus stands behind one, with many people."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="business-line",
    version=1,
    side=Side.AGAINST,
    sentence="the line is a business line, behind which many people may be ({isp})",
    session_condition=pl.col("line").eq("business").fill_null(False),
    dataset="network_dataset",
)
