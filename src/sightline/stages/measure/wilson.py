"""Wilson's score interval of a share (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927), without continuity correction."""

from __future__ import annotations

import polars as pl

Z = 1.959963984540054
"""The standard normal quantile of 97.5 %: both bounds together hold 95 %."""


def compute_interval(right: pl.Expr, of: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the lower and upper bound, 95 %, of the share `right` out of `of`; null without observations."""
    n = pl.when(of > 0).then(of.cast(pl.Float64))
    share = right / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * (share * (1 - share) / n + Z * Z / (4 * n * n)).sqrt()
    return (middle - half).clip(0, 1), (middle + half).clip(0, 1)
