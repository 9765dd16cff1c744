"""A visit to the login page or the visitor's own account pages."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rule import OffenceElement, Rule, Seriousness, Side
from sightline.stages.leads.urls import END, build_query_pattern, is_subresource, match_path, match_query

PAGES = (
    r"(?:wp-|do|user)?log[-_]?(?:in|on)|sign[-_]?(?:in|up)|register|registration|join|session|accounts?"
    r"|my(?:[-_]?account)?|(?:user)?[-_]?cp|ucp|usercp|settings|preferences|private|conversations|messages|inbox|logout"
)
ASKED = r"log[-_]?in|log[-_]?on|sign[-_]?(?:in|up)|register|usercp|ucp|pm|account|profile_edit|messages|logout"
"""Path parts and query words of forums and boards in use, except for other people's profiles."""

RULE = Rule(
    id="login",
    version=2,
    side=Side.FOR,
    sentence="{n:visit} to the login, or to the pages of an account",
    text_condition=(match_path(rf"/(?:{PAGES}){END}") | match_query(build_query_pattern(ASKED))) & ~is_subresource(),
    visit_condition=pl.col("status").is_between(200, 299).fill_null(True)
    | (pl.col("method").eq("POST") & pl.col("status").is_between(300, 399)),
    element=OffenceElement.BROWSES,
    seriousness=Seriousness.ACCOUNT,
)
