"""The list flags an address, and the record does not name the site: the address may serve other sites too."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="address-hit",
    version=1,
    side=Side.CEILING,
    sentence="{n:visit} met the list by the site's address alone, which may serve other sites too",
    visit_condition=pl.col("is_by_address"),
    ceiling=Ceiling.CONNECTION_ONLY,
)
