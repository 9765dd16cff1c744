"""Rule: no content came back: redirects, refusals, errors, HEAD, or no bytes."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

WAS_TAKEN = (pl.col("method").is_in(["POST", "PUT"]) & pl.col("status").is_between(200, 399)).fill_null(False)
"""Methods that send data: their answer is a redirect or empty, and is no error."""

RULE = Rule(
    id="errors-only",
    version=2,
    side=Side.AGAINST,
    sentence="nothing came back in any visit: redirects, errors, HEAD or no bytes",
    visit_condition=(pl.col("status").ge(300) | pl.col("method").eq("HEAD") | pl.col("bytes").eq(0)).fill_null(False)
    & ~WAS_TAKEN,
    session_condition=pl.col("n_errors_only").eq(pl.col("visits")),
    keeps_low=True,
)
