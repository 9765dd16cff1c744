"""A search on the site."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import Element, Rule, Side
from sightline.stages.leads.urls import END, SITE, URL, does, in_path, in_query, is_subresource


def _words_asked() -> pl.Expr:
    """Whether words are asked for: `s=` may be a session of the board, `q=` a page of Drupal, a picture's quality."""
    said = in_query(r"(?:query|search|searchterms?|keywords?|terms?)=[^&;#]") | in_query(r"q=[^&;#]*[^0-9&;#.]")
    tags = in_query(r"tags=[^&;#]") & ~in_query(r"tags=all(?:[&;#]|$)")
    home = URL.str.contains(rf"(?i)^(?:{SITE})?/?\?s=[^&#]").fill_null(False)
    return (said | tags | (home & ~in_query(r"s=[0-9a-f]{32}(?:[&;#]|$)"))) & ~in_query(r"q=(?:node|user|taxonomy)/")


RULE = Rule(
    id="search",
    version=2,
    side=Side.FOR,
    words="{n:visit} searched on the site",
    text=(in_path(rf"/search{END}") | does("search") | _words_asked()) & ~is_subresource(),
    element=Element.BROWSES,
)
