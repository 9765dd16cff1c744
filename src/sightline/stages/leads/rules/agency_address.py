"""An address of an agency or unit itself, from a list that it signed."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="agency-address",
    version=1,
    side=Side.CEILING,
    sentence="the address is an agency's own: {agency}",
    session_condition=pl.col("agency").is_not_null(),
    ceiling=Ceiling.AUTOMATED,
    dataset="agent_dataset",
)
