"""Records whose server itself says that the connection was not the visitor's own (`recorded_clients`)."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="recorded-relay",
    version=1,
    side=Side.CEILING,
    sentence="of {n:visit} the server itself recorded that the address is a proxy's, a Tor exit's or a program's",
    visit_condition=pl.col("is_relayed"),
    ceiling=Ceiling.RELAY,
)
