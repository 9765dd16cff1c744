"""A search on the site."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Side
from sightline.stages.leads.urls import END, SITE, build_query_pattern, is_subresource, match_path, match_query

WORDS = (
    r"(?:query|search|searchterms?|keywords?|terms?)=[^&;#]|q=[^&;#]*[^0-9&;#.]"
    r"|tags=(?:[^a&;#]|a[^l&;#]|al[^l&;#]|all[^&;#])|" + build_query_pattern("search")
)
"""Search words in a query; `q=` with a number is a picture's quality, `tags=all` the first page of a board."""
AT_HOME = r"/?\?s=(?:[^&#]{1,31}(?:[&#]|$)|[^&#]*[^0-9a-f&#])"
"""Search words at a site's first page; elsewhere, and as 32 hex digits, `s=` is a session of the board."""
IS_AT_HOME = pl.col("url").str.contains(rf"(?i)^(?:{SITE})?{AT_HOME}").fill_null(False)
IS_PAGE = match_query(r"q=(?:node|user|taxonomy)/")
"""A page of Drupal."""

RULE = Rule(
    id="search",
    version=2,
    side=Side.FOR,
    sentence="{n:visit} searched on the site",
    text_condition=(match_path(rf"/search{END}") | match_query(WORDS) | IS_AT_HOME) & ~IS_PAGE & ~is_subresource(),
    element=OffenceElement.BROWSES,
)
