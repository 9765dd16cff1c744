"""Flags of a report on a hit: read from the row that a tip's reader sealed, and looked for by rules."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def extract_flags() -> pl.Expr:
    """Return `flags` of a tip's row, such as `"escalated","victim"`; null where its report states none.

    A text of the row cannot be taken for them: inside of a JSON text, each quote has a backslash before it.
    """
    text = pl.col("raw").cast(pl.String, strict=False)
    return text.str.extract(r'[{,]"flags":\[([^\]]*)\]').alias("flags")


def states_any_flag(flags: Iterable[str]) -> pl.Expr:
    """Match visits of a report that states one of these flags."""
    return pl.col("flags").str.contains_any([f'"{flag}"' for flag in sorted(flags)]).fill_null(value=False)
