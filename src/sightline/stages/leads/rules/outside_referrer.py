"""A visit through an advertisement or a search engine outside the site."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Rule, Side

OUTSIDE = (
    r"(?i)[?&](?:gclid|fbclid|msclkid|utm_[a-z]+|ad(?:id|click|url)|clickid|campaign(?:id)?)="
    r"|^https?://(?:[^/]*\.)?(?:ads?|adserv(?:er|ice|ing)?s?|pop(?:ups?|unders?|ads?|cash)?|clicks?"
    r"|track(?:er|ing)?|banners?)[0-9]*\.[^/]+"
    r"|^https?://(?:(?:www|m|search|images)\.)?(?:google|bing|yahoo|duckduckgo|yandex|baidu|ecosia|startpage|qwant"
    r"|ask|aol|naver|ahmia)(?:\.[a-z]{2,4}){1,2}(?:[:/?#]|$)"
    r"|^https?://search\.brave\.com(?:[:/?#]|$)"
)
"""Referrer patterns of advertisements and search engines."""

RULE = Rule(
    id="outside-referrer",
    version=2,
    side=Side.AGAINST,
    sentence="{n:visit} came by an advertisement or a search outside the site",
    text_condition=pl.col("referrer").str.contains(OUTSIDE),
    visit_condition=pl.col("is_from_elsewhere"),
)
