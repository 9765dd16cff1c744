"""Polars expressions that classify urls.

Urls may be whole (`https://host/path?query`), without a scheme (`//host/path`), or a path.
"""

from __future__ import annotations

import polars as pl

SITE = r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*"
"""Scheme and host."""
END = r"(?:[/?#.&;]|$)"
"""The end of a path word: `/login` and `/login.php` match, `/logins` does not."""
URL = pl.col("url")


def match_path(pattern: str) -> pl.Expr:
    """Match a pattern, whose first letter is `/`, anywhere in the path, in any case; never in the host."""
    before = rf"(?:{SITE}(?:/[^?#]*)?|/[^/?#][^?#]*|)"
    return URL.str.contains(rf"(?i)^{before}(?:{pattern})").fill_null(False)


def match_query(pattern: str) -> pl.Expr:
    """Match a query with a part that begins with a pattern, in any case."""
    return URL.str.contains(rf"(?i)^[^?#]*\?(?:[^#]*[&;])?(?:{pattern})").fill_null(False)


def build_query_pattern(words: str) -> str:
    """Return a pattern for `match_query`: a board's action in its query, as `action=login`, `mode=post`."""
    return rf"(?:action|mode|do|act|section|app)=(?:do_?)?(?:{words})[0-9]*(?:[&;#]|$)"


def is_deep() -> pl.Expr:
    """Match a path with two parts or more, the last not empty, or a query that names one topic, post or picture."""
    names_one = match_query(
        r"(?:t|tid|topic|thread|threadid|showtopic|p|pid|post|postid|f|fid|forum|board|id|album|gallery|pic|image|img"
        r"|photo|video|v|viewkey|u|uid|user|member)=[^&;#]|[0-9]+-[^&=]+$"
    )
    return match_path(r"/[^/?#]+/+[^/?#]+") | names_one


def is_subresource() -> pl.Expr:
    """Match resources that a page loads.

    Styles, scripts, fonts, icons; pictures only if their name marks them as small.

    Image boards name the small picture by the number of the large one, and an s.
    """
    return match_path(
        r"/[^?#]*\.(?:css|m?js|map|woff2?|ttf|otf|eot|ico|cur|svg|webmanifest|wasm)(?:[?#;]|$)"
        r"|/(?:[^?#]*[/_.-])?(?:thumb(?:nail)?s?|avatars?|(?:fav)?icons?|sprites?|logos?|emojis?|smil(?:ey|ie)s?|pixel"
        r"|spacer|blank|1x1|beacon)(?:[/_.-][^?#]*)?\.\w+(?:[?#]|$)"
        r"|/[0-9]{6,}s\.(?:jpe?g|png|gif|webp)(?:[?#]|$)"
    )
