"""Name no line for visits outside of the time for which the forms say whose its number is."""

from __future__ import annotations

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import VerdictReason

_NAMES = ResolutionVerdict.SUBSCRIBER.value


def doubt_other_times(
    parts: pl.DataFrame, rows: pl.DataFrame, forms: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return PARTS and VERDICTS in which a line is a candidate for visits that no form of it covers.

    `forms`: `subscriber from_us until_us`, an open end null. A line without a form, and one with a form that has no
    dates, stays. By its forms such a number was another subscriber's then, or the row that names it is wrong: no
    record tells which.
    """
    named = parts.with_row_index("at").filter(pl.col("verdict") == _NAMES)
    named = named.with_columns(subscriber=pl.col("subscribers").list.first())
    begins, ends = pl.col("begins").fill_null(-FOREVER_US), pl.col("ends").fill_null(FOREVER_US)
    beside = named.join(forms.select("subscriber", begins="from_us", ends="until_us"), on="subscriber")
    covers = (begins <= pl.col("first_us")) & (pl.col("last_us") < ends)
    outside = beside.group_by("at").agg(is_covered=covers.any()).filter(~pl.col("is_covered"))["at"]
    left_out = parts.with_row_index("at").filter(pl.col("at").is_in(outside.implode()))
    is_outside = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(outside.implode())
    marked = _mark_as_candidates(parts, is_outside)
    named_rows = _list_rows(marked.filter(pl.col("verdict") == _NAMES))
    dropped = _list_rows(left_out).join(named_rows, on=["session_id", "row_id"], how="anti")
    beside_rows = rows.join(
        dropped.with_columns(is_dropped=pl.lit(value=True)),
        on=["session_id", "row_id"],
        how="left",
        maintain_order="left",
    )
    is_dropped = pl.col("is_dropped").fill_null(value=False) & (pl.col("verdict") == _NAMES)
    return marked, _mark_as_candidates(beside_rows, is_dropped).select(rows.columns)


def _mark_as_candidates(verdicts: pl.DataFrame, is_outside: pl.Expr) -> pl.DataFrame:
    candidates = pl.lit(ResolutionVerdict.CANDIDATES.value, verdicts.schema["verdict"])
    return verdicts.with_columns(
        verdict=pl.when(is_outside).then(candidates).otherwise("verdict"),
        why=pl.when(is_outside).then(pl.lit([VerdictReason.FORM_OF_ANOTHER_TIME.value])).otherwise("why"),
    )


def _list_rows(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the `session_id row_id` of what was asked for parts."""
    each = parts.select("session_id", row_id="row_ids")
    return each.explode("row_id", empty_as_null=False, keep_nulls=False).unique()
