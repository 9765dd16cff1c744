"""An agent that no program sends: two systems at once, or versions that do not exist."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

IMPOSSIBLE = (
    r"Windows NT [^)]*(?:Macintosh|iPhone|Android)|(?:Macintosh|iPhone|Android)[^)]*Windows NT"
    r"|Windows NT (?:1[1-9]|[2-9][0-9])|(?:Chrome|Firefox)/[0-9]{4,}|Mozilla/(?:[6-9]|[0-9]{2,})\."
)
"""Two systems in one comment; systems and versions that do not exist."""

RULE = Rule(
    id="impossible-agent",
    version=2,
    side=Side.AGAINST,
    sentence="{n:visit} bore an agent that no program sends",
    text_condition=pl.col("user_agent").str.contains(IMPOSSIBLE),
)
