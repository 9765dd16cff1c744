"""An address of a hosting network: it serves machines, not subscribers."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="hosting-line",
    version=1,
    side=Side.CEILING,
    sentence="the network is for hosting: machines, not lines ({isp})",
    session_condition=pl.col("line").eq("hosting").fill_null(False),
    ceiling=Ceiling.RELAY,
    dataset="network_dataset",
)
