"""A relay operated for many people: a private relay or a content network, by the ranges that its operator publishes.

Home exits (residential proxies) are on no such list and cannot be seen.
"""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import FOR_MANY, Rule, Side

RULE = Rule(
    id="relay-for-many",
    version=1,
    side=Side.CEILING,
    sentence="the address was then a relay operated for many people ({relay_kind}): it is no visitor's own",
    session_condition=(pl.col("relay").eq("yes") & pl.col("relay_kind").is_in(list(FOR_MANY))).fill_null(False),
    ceiling=Ceiling.RELAY,
    dataset="relay_dataset",
)
