"""Match short ids in tables: rows whose id begins or ends with what you typed."""

from __future__ import annotations

import polars as pl

from sightline.model.short_ids import LEAST


def has_short_id(column: pl.Expr, text: str) -> pl.Expr:
    """Return whether an id equals a text, or begins or ends with it if it has four characters or more."""
    bare = text.strip().casefold()
    if len(bare) < LEAST:
        return column == bare
    return column.str.starts_with(bare) | column.str.ends_with(bare)
