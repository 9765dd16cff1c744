"""Name no line for visits for which the forms say that its number was not the subscriber's."""

from __future__ import annotations

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import VerdictReason

_NAMES = ResolutionVerdict.SUBSCRIBER.value


def doubt_by_forms(
    parts: pl.DataFrame, rows: pl.DataFrame, forms: pl.DataFrame, statements: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return PARTS and VERDICTS in which a line is a candidate for visits that its forms deny or leave out.

    `forms`: `subscriber from_us until_us`, an open end null. `statements`: LINE_STATEMENTS. A line without a form, and
    one with a form that has no dates, stays. By its forms such a number was another subscriber's then, or nobody's, or
    the row that names it is wrong: no record tells which. Forms that differ, or are doubted, bound the time too.
    """
    denied = statements.filter(pl.col("says") == "denied")
    either = pl.concat([forms.select(_SPAN), statements.filter(pl.col("says") != "denied").select(_SPAN)])
    parts, rows = _doubt(parts, rows, _find_outside(parts, either), VerdictReason.FORM_OF_ANOTHER_TIME)
    is_denied = pl.col("subscribers").list.first().is_in(denied["subscriber"].implode())
    named = parts.with_row_index("at").filter(pl.col("verdict") == _NAMES)
    return _doubt(parts, rows, named.filter(is_denied)["at"], VerdictReason.FORM_DENIES)


_SPAN = ["subscriber", "from_us", "until_us"]


def _find_outside(parts: pl.DataFrame, forms: pl.DataFrame) -> pl.Series:
    """Return the places of parts that name a line with forms, none of which covers their visits."""
    named = parts.with_row_index("at").filter(pl.col("verdict") == _NAMES)
    named = named.with_columns(subscriber=pl.col("subscribers").list.first())
    begins, ends = pl.col("begins").fill_null(-FOREVER_US), pl.col("ends").fill_null(FOREVER_US)
    beside = named.join(forms.select("subscriber", begins="from_us", ends="until_us"), on="subscriber")
    covers = (begins <= pl.col("first_us")) & (pl.col("last_us") < ends)
    return beside.group_by("at").agg(is_covered=covers.any()).filter(~pl.col("is_covered"))["at"]


def _doubt(
    parts: pl.DataFrame, rows: pl.DataFrame, outside: pl.Series, why: VerdictReason
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return PARTS and VERDICTS in which the parts at these places have candidates for that reason."""
    left_out = parts.with_row_index("at").filter(pl.col("at").is_in(outside.implode()))
    is_outside = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(outside.implode())
    marked = _mark_as_candidates(parts, is_outside, why)
    named_rows = _list_rows(marked.filter(pl.col("verdict") == _NAMES))
    dropped = _list_rows(left_out).join(named_rows, on=["session_id", "row_id"], how="anti")
    beside_rows = rows.join(
        dropped.with_columns(is_dropped=pl.lit(value=True)),
        on=["session_id", "row_id"],
        how="left",
        maintain_order="left",
    )
    is_dropped = pl.col("is_dropped").fill_null(value=False) & (pl.col("verdict") == _NAMES)
    return marked, _mark_as_candidates(beside_rows, is_dropped, why).select(rows.columns)


def _mark_as_candidates(verdicts: pl.DataFrame, is_outside: pl.Expr, why: VerdictReason) -> pl.DataFrame:
    candidates = pl.lit(ResolutionVerdict.CANDIDATES.value, verdicts.schema["verdict"])
    return verdicts.with_columns(
        verdict=pl.when(is_outside).then(candidates).otherwise("verdict"),
        why=pl.when(is_outside).then(pl.lit([why.value])).otherwise("why"),
    )


def _list_rows(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the `session_id row_id` of what was asked for parts."""
    each = parts.select("session_id", row_id="row_ids")
    return each.explode("row_id", empty_as_null=False, keep_nulls=False).unique()
