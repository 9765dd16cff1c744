"""Something was written on the site: a post or reply."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Element, Rule, Side
from sightline.stages.leads.urls import path_has

RULE = Rule(
    id="post",
    version=1,
    side=Side.FOR,
    words="{n:visit} wrote on the site: a post or reply",
    text=path_has(r"/(?:post|reply|comment|newtopic|new[-_]thread|submit)\b|mode=(?:post|reply)"),
    seen=pl.col("method").eq("POST") & pl.col("status").is_between(200, 399).fill_null(True),
    element=Element.PUBLISHES,
)
