"""A login or the pages of an account."""

from __future__ import annotations

from sightline.stages.leads.rule import Element, Rule, Side
from sightline.stages.leads.urls import path_has

RULE = Rule(
    id="login",
    version=1,
    side=Side.FOR,
    words="{n:visit} logged in, or used the pages of an account",
    text=path_has(r"/(?:log[-_]?in|sign[-_]?in|register|sign[-_]?up|account|member|profile|my)\b|mode=login"),
    element=Element.BROWSES,
)
