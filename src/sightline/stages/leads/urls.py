"""What a url shows, as expressions: a url is whole (`https://host/path?query`) or, in a server's own log, a path."""

from __future__ import annotations

import polars as pl

SITE = r"^(?:[a-z][a-z0-9+.-]*://[^/?#]*)?"
"""The part before the path, which may be absent."""
URL = pl.col("url")


def path_has(pattern: str) -> pl.Expr:
    """Whether a pattern is somewhere in the path or query, in any case."""
    return URL.str.contains(rf"(?i){SITE}(?:/.*)?(?:{pattern})").fill_null(False)


def is_deep() -> pl.Expr:
    """Whether the path has two parts or more, the last of them not empty."""
    return URL.str.contains(SITE + r"/[^/?#]+/+[^/?#]+").fill_null(False)


def is_subresource() -> pl.Expr:
    """Whether it is what a page brings with it: styles, scripts, fonts, icons; pictures only where named as small."""
    return path_has(r"\.(?:css|m?js|map|woff2?|ttf|eot|ico|svg)(?:\?|$)|(?:thumb|avatar|icon|sprite|logo)[^?]*\.\w+$")
