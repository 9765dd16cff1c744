"""An address of no line: private, internal to a carrier (RFC 6598), or reserved; no ISP can be asked for it."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="inside-address",
    version=1,
    side=Side.CEILING,
    sentence="{source_ip} is an inside or reserved address: no ISP can be asked for it",
    session_condition=pl.col("is_inside"),
    ceiling=Ceiling.SHARED,
)
