"""A search on the site."""

from __future__ import annotations

from sightline.stages.leads.rule import Element, Rule, Side
from sightline.stages.leads.urls import path_has

RULE = Rule(
    id="search",
    version=1,
    side=Side.FOR,
    words="{n:visit} searched on the site",
    text=path_has(r"/search\b|[?&](?:q|s|query|search|keywords?)=[^&]"),
    element=Element.BROWSES,
)
