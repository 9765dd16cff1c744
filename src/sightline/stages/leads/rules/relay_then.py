"""A relay at the time of the visit: a Tor exit, VPN, proxy or hosting address. `relay_for_many` covers the others."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import FOR_MANY, Rule, Side

RULE = Rule(
    id="relay-then",
    version=2,
    side=Side.CEILING,
    sentence="the address was a relay then ({relay_kind}): the visitor came from elsewhere",
    session_condition=(
        pl.col("relay").eq("yes") & ~pl.col("relay_kind").is_in(list(FOR_MANY)).fill_null(False)
    ).fill_null(False),
    ceiling=Ceiling.RELAY,
    dataset="relay_dataset",
)
