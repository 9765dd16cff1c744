"""An exhibit whose addresses count upwards from line to line.

Its records were fabricated, and its times prove nothing.
"""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="made-up-exhibit",
    version=1,
    side=Side.CEILING,
    sentence="{n:visit} stood in an exhibit whose addresses count upwards from line to line: it looks made up",
    visit_condition=pl.col("is_made_up"),
    ceiling=Ceiling.TIME_UNPROVEN,
)
