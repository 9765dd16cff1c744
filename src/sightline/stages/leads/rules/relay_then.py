"""A relay at the time of the visit: a Tor exit, VPN, proxy or hosting address."""

from __future__ import annotations

import polars as pl

from sightline.records import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="relay-then",
    version=1,
    side=Side.CEILING,
    words="the address was a relay then ({relay_kind}): whoever visited came from elsewhere",
    holds=pl.col("relay").eq("yes").fill_null(False),
    ceiling=Ceiling.RELAY,
    dataset="relay_dataset",
)
