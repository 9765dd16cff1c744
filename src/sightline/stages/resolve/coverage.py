"""Match rows of notices with the visits that they ask about.

They have the same connection, and a time that contains the visit's interval.
"""

from __future__ import annotations

import polars as pl

from sightline.model import LineKey
from sightline.stages.resolve.questions import KEY, drop_unused_keys

STEP_US = 3_600_000_000
"""Rows and visits are compared only within one hour, so the work grows with the number of matches."""
_BY = ["ip", "asks", *KEY, "step"]
PAIRS = {"visit": pl.UInt32(), "row": pl.UInt32()}


def find_covered(visits: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return pairs of places, `visit` and `row`, in order: a row asks about a visit that is within its time.

    `visits`: `ip`, `asks` (what their session is asked about by now), KEY, `from_us`, `until_us`; `rows`: ASKED. The
    values that a row asks by must be the visit's present ones: the same port, protocol and destination, null where that
    is null. A visit from an address that is not shared now may have been asked about by its port, before that was
    known.
    """
    asks = pl.col("asks").cast(pl.String)
    visit_spans = visits.select("ip", asks, *KEY, "from_us", "until_us").with_row_index("visit")
    by_port = visit_spans.filter(asks == LineKey.ADDRESS.value).with_columns(asks=pl.lit(LineKey.PORT.value))
    seen = drop_unused_keys(pl.concat([visit_spans, by_port]))
    seen = seen.filter(pl.col("asks").is_not_null()).with_columns(step=pl.col("from_us").floordiv(STEP_US))
    steps = pl.int_ranges(pl.col("begins_us").floordiv(STEP_US), pl.col("ends_us").floordiv(STEP_US) + 1)
    questions = drop_unused_keys(
        rows.select("ip", asks, *KEY, begins_us="from_us", ends_us="until_us").with_row_index("row")
    )
    questions = questions.with_columns(steps.alias("step")).explode("step")
    beside = seen.join(questions, on=_BY, nulls_equal=True)
    within = (pl.col("begins_us") <= pl.col("from_us")) & (pl.col("until_us") <= pl.col("ends_us"))
    return beside.filter(within).select(pl.col(name).cast(kind) for name, kind in PAIRS.items()).sort("visit", "row")
