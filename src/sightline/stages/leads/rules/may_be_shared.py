"""No source port, and no statement that the network does not share its addresses."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import BASE_WITHOUT_PORT, Rule, Side

RULE = Rule(
    id="may-be-shared",
    version=1,
    side=Side.CEILING,
    sentence="no source port, and the network is not known to give each line an address of its own",
    session_condition=pl.col("base").eq(BASE_WITHOUT_PORT) & pl.col("nat_shared").fill_null(True),
    ceiling=Ceiling.SHARED,
    dataset="nat_dataset",
)
