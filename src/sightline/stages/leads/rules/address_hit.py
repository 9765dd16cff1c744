"""The list flags an address, and nothing of the record names the site: others may be served from there too."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="address-hit",
    version=1,
    side=Side.CEILING,
    words="{n:visit} met the list by the site's address alone, which may serve other sites too",
    seen=pl.col("is_by_address"),
    ceiling=Ceiling.CONNECTION_ONLY,
)
