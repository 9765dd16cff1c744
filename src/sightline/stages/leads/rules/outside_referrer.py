"""Sent there by an advertisement or a search engine outside the site."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

OUTSIDE = (
    r"(?i)[?&](?:gclid|fbclid|msclkid|utm_[a-z]+|ad(?:id|click|url)?|clickid|campaign)="
    r"|//(?:[^/]*\.)?(?:ads?|adserv[a-z]*|pop[a-z]*|click|track[a-z]*|banner[a-z]*)[0-9]*\.[^/]+"
    r"|//(?:[^/]*\.)?(?:google|bing|yahoo|duckduckgo|yandex|baidu|search)\.[^/]+(?:/|$)"
    r"|//[^/]+/search\?"
)
"""Marks of advertisements in a referrer, and search engines."""

RULE = Rule(
    id="outside-referrer",
    version=1,
    side=Side.AGAINST,
    words="{n:visit} came by an advertisement or a search outside the site",
    text=pl.col("referrer").str.contains(OUTSIDE),
)
