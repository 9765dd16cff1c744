"""What a url shows, as expressions: whole (`https://host/path?query`), without a scheme (`//host/path`), or a path."""

from __future__ import annotations

import polars as pl

SITE = r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*"
"""Scheme and host."""
END = r"(?:[/?#.&;]|$)"
"""Where a word of a path ends: `/login` is one, and so is `/login.php`, but not `/logins`."""
URL = pl.col("url")


def in_path(pattern: str) -> pl.Expr:
    """Whether a pattern, whose first letter is `/`, begins somewhere in the path, in any case; never in the host."""
    before = rf"(?:{SITE}(?:/[^?#]*)?|/[^/?#][^?#]*|)"
    return URL.str.contains(rf"(?i)^{before}(?:{pattern})").fill_null(False)


def in_query(pattern: str) -> pl.Expr:
    """Whether the query has a part that begins with a pattern, in any case."""
    return URL.str.contains(rf"(?i)^[^?#]*\?(?:[^#]*[&;])?(?:{pattern})").fill_null(False)


def query_pattern(words: str) -> str:
    """A pattern for `in_query`: what a board is asked to do by its query, as `action=login`, `mode=post`."""
    return rf"(?:action|mode|do|act|section|app)=(?:do_?)?(?:{words})[0-9]*(?:[&;#]|$)"


def is_deep() -> pl.Expr:
    """Whether the path has two parts or more, the last not empty, or the query names one topic, post or picture."""
    names_one = in_query(
        r"(?:t|tid|topic|thread|threadid|showtopic|p|pid|post|postid|f|fid|forum|board|id|album|gallery|pic|image|img"
        r"|photo|video|v|viewkey|u|uid|user|member)=[^&;#]|[0-9]+-[^&=]+$"
    )
    return in_path(r"/[^/?#]+/+[^/?#]+") | names_one


def is_subresource() -> pl.Expr:
    """Whether it is what a page brings with it: styles, scripts, fonts, icons; pictures only where named as small.

    Image boards call the small picture by the number of the large one, and an s.
    """
    return in_path(
        r"/[^?#]*\.(?:css|m?js|map|woff2?|ttf|otf|eot|ico|cur|svg|webmanifest|wasm)(?:[?#;]|$)"
        r"|/(?:[^?#]*[/_.-])?(?:thumb(?:nail)?s?|avatars?|(?:fav)?icons?|sprites?|logos?|emojis?|smil(?:ey|ie)s?|pixel"
        r"|spacer|blank|1x1|beacon)(?:[/_.-][^?#]*)?\.\w+(?:[?#]|$)"
        r"|/[0-9]{6,}s\.(?:jpe?g|png|gif|webp)(?:[?#]|$)"
    )
