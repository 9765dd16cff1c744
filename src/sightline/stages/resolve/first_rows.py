"""Count the rows that show a sign, and keep the first of them."""

from __future__ import annotations

import polars as pl

MOST_KEPT = 100_000
"""The maximum number of rows that are kept."""


class FirstRows:
    """A number of rows, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: list[pl.Series] = []

    def add(self, rows: pl.Series) -> None:
        """Count rows, by their numbers in the file."""
        if self.count < MOST_KEPT:
            self._rows.append(rows.head(MOST_KEPT - self.count).cast(pl.UInt32))
        self.count += len(rows)

    def to_series(self) -> pl.Series:
        """Return the rows that are kept."""
        return pl.concat(self._rows)
