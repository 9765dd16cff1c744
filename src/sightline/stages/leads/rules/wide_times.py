"""Times that the record or its source states with more uncertainty than a clock that nobody measured has."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

UNMEASURED_S = 900
"""The uncertainty that is assumed where nothing is stated. It is no statement of the source, so it speaks against
nothing; only more does: a wider clock that was declared, a time without a zone, an hour that occurs twice.
"""

RULE = Rule(
    id="wide-times",
    version=1,
    side=Side.AGAINST,
    sentence="its times may be off by {uncertainty_s} s either way: several lines may fit",
    session_condition=pl.col("uncertainty_s").gt(UNMEASURED_S),
)
