"""Something was written on the site: a post or reply."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Seriousness, Side
from sightline.stages.leads.urls import END, build_query_pattern, match_path, match_query

PAGES = (
    r"posts?|posting|reply|(?:add|new|post)[-_]?reply|comments?|add[-_]?comment|wp-comments-post|submit|reply-?thread"
    r"|new-?(?:topic|thread|post)|post-?(?:topic|thread)|imgboard|futaba"
)
ASKED = (
    r"posts?|reply|post[-_]?(?:reply|thread|comment)|new[-_]?(?:post|reply|topic|thread)|quote|edit|comment|editpost"
)
"""Path parts and query words of forums and boards in use."""

RULE = Rule(
    id="post",
    version=2,
    side=Side.FOR,
    sentence="{n:visit} wrote on the site: a post or reply",
    text_condition=match_path(rf"/(?:{PAGES}){END}") | match_query(build_query_pattern(ASKED)),
    visit_condition=pl.col("method").eq("POST") & pl.col("status").is_between(200, 399).fill_null(True),
    element=OffenceElement.PUBLISHES,
    seriousness=Seriousness.SENT,
    place_in_step=2,
)
