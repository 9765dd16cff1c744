"""An address of an operator's customer network (resale, a hostel, a NAT behind the NAT). The line is the operator's."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="operator-line",
    version=1,
    side=Side.NOTE,
    sentence="an operator's line: ask the operator; the line that an ISP names is not the visitor's",
    session_condition=pl.col("nat_operator").fill_null(False),
    dataset="nat_dataset",
)
