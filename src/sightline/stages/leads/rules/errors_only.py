"""Nothing came back: redirects, refusals, errors, HEAD, or no bytes."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="errors-only",
    version=1,
    side=Side.AGAINST,
    words="nothing came back in any visit: redirects, errors, HEAD or no bytes",
    seen=pl.col("status").ge(300).fill_null(False)
    | pl.col("method").eq("HEAD").fill_null(False)
    | pl.col("bytes").eq(0).fill_null(False),
    holds=pl.col("n_errors_only").eq(pl.col("visits")),
)
