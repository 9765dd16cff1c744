"""Combine answers: for the visits of a part of a session, and for a session from its parts."""

from __future__ import annotations

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.model import PARTS, VERDICTS, VerdictReason
from sightline.stages.resolve.operators import follow_operators
from sightline.stages.resolve.questions import KEY, drop_unused_keys

ORDER = pl.Enum([verdict_reason.value for verdict_reason in VerdictReason])
NONE, CANDIDATES = pl.lit(ResolutionVerdict.NONE), pl.lit(ResolutionVerdict.CANDIDATES)
CONFLICT, SUBSCRIBER = pl.lit(ResolutionVerdict.CONFLICT), pl.lit(ResolutionVerdict.SUBSCRIBER)
OF_ONE = [VerdictReason.COVERED.value, VerdictReason.WITHOUT_CERTIFICATE.value]
"""Reasons for a named line. A session that names none has no such reasons."""


def split_sessions(
    visits: pl.DataFrame, answers: pl.DataFrame, links: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return PARTS with the verdict of each; pairs `part_index` (of a part), `answer`; and pairs `visit`, `part_index`.

    `visits`: `session_id lead_id licensee_id ip asks t_us from_us until_us uncertainty_s` and KEY; `answers` and
    `links` as `row_verdicts.answer_visits` makes them. Visits form one part if they are in one session, were asked
    about by the same key, and have the same answers, with no visit of the same connection between them that has others:
    the times of a part show which visits are its own. All answers must agree: if they name several lines it is a
    conflict.
    """
    answers_of = links.sort("visit", "answer").group_by("visit", maintain_order=True).agg("answer")
    texts = answers_of.select("visit", told_by=pl.col("answer").cast(pl.List(pl.String)).list.join(","))
    each = drop_unused_keys(visits.with_row_index("visit")).join(texts, on="visit", how="left", maintain_order="left")
    each = each.sort("session_id", *KEY, "t_us", "visit", nulls_last=False)
    alike = ["session_id", *KEY, "told_by"]
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in alike)
    each = each.with_columns(begins.cum_sum().alias("run")).sort("visit")
    by = [*alike, "run"]
    rows = each.group_by(by, maintain_order=True).agg(
        pl.col("lead_id", "licensee_id", "ip", "visit").first(),
        pl.col("t_us").min().alias("first_us"),
        pl.col("t_us").max().alias("last_us"),
        pl.col("from_us").min(),
        pl.col("until_us").max(),
        pl.col("uncertainty_s").max(),
        pl.len().alias("visits"),
    )
    parts = rows.sort("session_id", "first_us", "last_us", *KEY, "told_by").with_row_index("part_index")
    parts = parts.with_columns(pl.int_range(pl.len()).over("session_id").alias("part"))
    whose = (
        parts.select("part_index", "visit")
        .join(links, on="visit")
        .select("part_index", "answer")
        .sort("part_index", "answer")
    )
    judged = parts.join(
        _combine_answers(whose.join(answers, on="answer")), on="part_index", how="left", maintain_order="left"
    )
    result = _fill_unasked(judged)
    members = each.select("visit", *by).join(parts.select("part_index", *by), on=by, nulls_equal=True)
    return (
        result.select(pl.col(name).cast(kind) for name, kind in PARTS.items()),
        whose,
        members.select("visit", "part_index").sort("visit"),
    )


def _fill_unasked(judged: pl.DataFrame) -> pl.DataFrame:
    """Parts with the verdict of one that was not asked about, where a part has none."""
    is_asked = pl.col("verdict").is_not_null()
    return judged.with_columns(
        pl.coalesce("next_licensee", "licensee_id").alias("licensee_id"),
        pl.col("through", "through_licensees").fill_null([]),
        pl.col("verdict").fill_null(ResolutionVerdict.NONE.value),
        pl.when(is_asked).then("why").otherwise(pl.lit([VerdictReason.NOT_ASKED.value])).alias("why"),
        pl.col("subscribers", "row_ids").fill_null([]),
        pl.col("holders").fill_null(0),
        pl.col("is_certified").fill_null(value=False),
    )


def _combine_answers(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each `part_index`: what its answers (VERDICTS) say together, and PASSED."""
    rows, passed = follow_operators(rows)
    silent = pl.col("why").list.first() == VerdictReason.NOT_ANSWERED
    rows = rows.filter(~silent | silent.all().over("part_index"))
    rows = rows.with_columns(is_line=~pl.col("why").list.contains(VerdictReason.BY_DESTINATION.value))
    verdict = pl.col("verdict")
    lines = pl.col("subscribers").filter("is_line").explode(empty_as_null=False, keep_nulls=False)
    sums = rows.group_by("part_index", maintain_order=True).agg(
        pl.col("is_certified").all(),
        has_conflict=(verdict == ResolutionVerdict.CONFLICT).any(),
        has_none=(verdict == ResolutionVerdict.NONE).any(),
        is_none=(verdict == ResolutionVerdict.NONE).all(),
        is_named=(verdict == ResolutionVerdict.SUBSCRIBER).all(),
        differ=lines.n_unique() > 1,
        row_ids=pl.col("row_id").unique().sort(),
    )
    for column in ("subscribers", "why"):
        sums = sums.join(_unite_lists(rows, "part_index", column), on="part_index", how="left", maintain_order="left")
    sums = sums.with_columns(pl.col("subscribers", "why").fill_null([]))
    judged = sums.with_columns(
        pl.when(pl.any_horizontal("has_conflict", "differ"))
        .then(CONFLICT)
        .when("is_none")
        .then(NONE)
        .when("is_named")
        .then(SUBSCRIBER)
        .otherwise(CANDIDATES)
        .cast(VERDICTS["verdict"])
        .alias("verdict"),
        pl.col("subscribers").list.len().alias("holders"),
    )
    together_rows = judged.with_columns(
        _order_reasons(
            _derive_verdict_reasons(),
            pl.when(pl.col("differ") & ~pl.col("has_conflict")).then(pl.lit(VerdictReason.OVERLAPPING.value)),
            pl.when(pl.col("has_none") & ~pl.col("is_none")).then(pl.lit(VerdictReason.ROWS_MISSING.value)),
        ).alias("why")
    ).select("part_index", "verdict", "subscribers", "holders", "why", "row_ids", "is_certified")
    beside = together_rows.join(passed, on="part_index", how="left", maintain_order="left")
    every_row = _sort_lists(pl.concat_list("row_ids", pl.col("passed_rows").fill_null([])).list.unique())
    is_certified = pl.col("is_certified") & pl.col("passed_certified").fill_null(value=True)
    return beside.with_columns(every_row.alias("row_ids"), is_certified.alias("is_certified"))


def sum_parts(parts: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return each session (`session_id` and extra columns) with the verdict of its PARTS, in the order of `sessions`.

    Adds `verdict`, `subscribers`, `holders`, `survivors_by_chance` (null), `why`, `is_certified`, `visits` and
    `visits_named`. A line is named for a session only where it is named for all of its visits.
    """
    verdict, subscribers = pl.col("verdict"), pl.col("subscribers")
    is_named = verdict == ResolutionVerdict.SUBSCRIBER
    is_asked = pl.col("row_ids").list.len() > 0
    session_sums = parts.group_by("session_id").agg(
        pl.col("visits").sum(),
        pl.col("visits").filter(is_named).sum().alias("visits_named"),
        pl.col("is_certified").filter(is_asked).all(),
        lines=subscribers.filter(is_named).list.first().n_unique(),
        has_conflict=(verdict == ResolutionVerdict.CONFLICT).any(),
        has_none=((verdict == ResolutionVerdict.NONE) & is_asked).any(),
        is_none=(verdict == ResolutionVerdict.NONE).all(),
        is_whole=is_named.all(),
    )
    rows = sessions.join(session_sums, on="session_id", maintain_order="left")
    for column in ("subscribers", "why"):
        rows = rows.join(_unite_lists(parts, "session_id", column), on="session_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("subscribers", "why").fill_null([]))
    is_one = pl.col("lines") == 1
    judged = rows.with_columns(
        pl.when("has_conflict")
        .then(CONFLICT)
        .when("is_none")
        .then(NONE)
        .when(pl.col("is_whole") & is_one)
        .then(SUBSCRIBER)
        .otherwise(CANDIDATES)
        .cast(VERDICTS["verdict"])
        .alias("verdict")
    )
    why = _order_reasons(
        _derive_verdict_reasons(),
        pl.when(pl.col("lines") > 1).then(pl.lit(VerdictReason.ROWS_DIFFER.value)),
        pl.when(pl.col("has_none") & ~pl.col("is_none")).then(pl.lit(VerdictReason.ROWS_MISSING.value)),
        pl.when((pl.col("lines") > 0) & ~pl.col("is_whole")).then(pl.lit(VerdictReason.VISITS_NOT_COVERED.value)),
    )
    return judged.select(
        *sessions.columns,
        "verdict",
        "subscribers",
        pl.col("subscribers").list.len().alias("holders"),
        pl.lit(None, pl.Float64).alias("survivors_by_chance"),
        why.alias("why"),
        *"is_certified visits visits_named".split(),
    )


def _unite_lists(rows: pl.DataFrame, by: str, column: str) -> pl.DataFrame:
    each = rows.select(by, column).explode(column, empty_as_null=False, keep_nulls=False)
    return each.unique().sort(by, column).group_by(by).agg(column)


def _derive_verdict_reasons() -> pl.Expr:
    """The reasons, of which those of a named line are left out where none is named."""
    is_named = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER
    return pl.when(is_named).then("why").otherwise(pl.col("why").list.set_difference(pl.lit(OF_ONE)))


def _order_reasons(*codes: pl.Expr) -> pl.Expr:
    """All reasons in the order of `Why`."""
    whole = pl.concat_list(*codes).list.drop_nulls()
    return _sort_lists(whole.cast(pl.List(ORDER)).list.unique()).cast(pl.List(pl.String))


def _sort_lists(lists: pl.Expr) -> pl.Expr:
    """Each list in order. `list.sort` of Polars takes twenty times as long."""
    return lists.list.eval(pl.element().sort())
