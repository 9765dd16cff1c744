"""Find rows of a reply next to an answer: who had an address before and after, in a broad export."""

from __future__ import annotations

import polars as pl

NEAR_US = 86_400_000_000
"""Assignments of one address with at most this much between them follow each other."""
WEEK_US = 7 * NEAR_US
"""The same in a broad export: addresses are idle for days."""
BROAD, MOST = 3, 0.5
"""An export is broad with this many answers that have neighbours on both sides, and this part of those with any."""
AT_ONCE_US = 300_000_000
"""A network gave the address on within this: no mistyped hour puts a row so close to another line's."""
OVERLAP_US = 2_000_000
"""Two devices write the end of one and the start of the next one apart by as much."""
_OF = ["ip", "port_from", "port_to"]


def find_neighbours(strangers: pl.DataFrame, answering: pl.DataFrame) -> pl.DataFrame:
    """Return `row`, `is_explained` for strangers next to an assignment of the same address and ports that answers.

    Both are rows of ASSIGNED: those that match nothing that was asked, and those that do. `is_explained`: the answer
    between this row and one on its other side has both of its neighbours, and this row lacks its own on the far side. A
    broad export around that answer looks like that. If the times of the file were shifted, this row would be the
    answer, and the one behind it would be there. In a file that is broad around most of its answers, that holds without
    the other neighbour.
    """
    facts = [*_OF, "start_us", "end_us"]
    both = pl.concat(
        [
            strangers.select(*facts, "row", is_answer=pl.lit(value=False)),
            answering.select(*facts, "row", is_answer=pl.lit(value=True)),
        ]
    ).filter(pl.col("start_us").is_not_null())
    spans = both.group_by(facts, maintain_order=True).agg(pl.col("is_answer").any(), "row")
    spans = spans.join(spans.select(_OF).unique().with_row_index("group"), on=_OF, nulls_equal=True)
    ordered = spans.sort("group", "start_us", "end_us", nulls_last=True).with_columns(
        gap=pl.col("start_us") - _shift_in_group(pl.col("end_us"), 1),
        is_beside=pl.lit(value=False),
        is_explained=pl.lit(value=False),
    )
    is_broad = _is_broad(ordered)
    within = WEEK_US if is_broad else NEAR_US
    ordered = ordered.with_columns(follows=(pl.col("gap") <= within).fill_null(value=False))
    for step in (1, -1):
        # The neighbour towards the answer is at `step`; the far side is the other one.
        near = _shift_in_group(pl.col("follows"), -1) if step == 1 else pl.col("follows")
        far = pl.col("follows") if step == 1 else _shift_in_group(pl.col("follows"), -1)
        beyond = _shift_in_group(near, -step).fill_null(value=False)
        beside = near.fill_null(value=False) & _shift_in_group(pl.col("is_answer"), -step).fill_null(value=False)
        is_neighbour = beside & (beyond | is_broad) & ~far.fill_null(value=False)
        ordered = ordered.with_columns(
            is_beside=pl.col("is_beside") | beside, is_explained=pl.col("is_explained") | is_neighbour
        )
    rows = ordered.filter("is_beside", ~pl.col("is_answer")).explode("row")
    return rows.select("row", "is_explained").unique("row", keep="first", maintain_order=True)


def find_chains(strangers: pl.DataFrame, answering: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `chain` of rows that follow each other at once: of one address and ports, without a gap.

    Both are rows of ASSIGNED, as `find_neighbours` takes them. One clock wrote the times of a chain: had the hour of
    one row been mistyped, it would not end where the next one begins. Times on every fifth minute were rounded, and
    meet by chance.
    """
    facts = [*_OF, "start_us", "end_us"]
    both = pl.concat([table.select(*facts, "row") for table in (strangers, answering)]).drop_nulls("start_us")
    spans = both.group_by(facts, maintain_order=True).agg(pl.col("row").unique())
    spans = spans.join(spans.select(_OF).unique().with_row_index("group"), on=_OF, nulls_equal=True)
    ordered = spans.sort("group", "start_us", "end_us", nulls_last=True)
    gap = pl.col("start_us") - _shift_in_group(pl.col("end_us"), 1)
    is_rounded = pl.col("start_us") % AT_ONCE_US == 0
    is_first = ~gap.is_between(-OVERLAP_US, AT_ONCE_US).fill_null(value=False) | is_rounded
    return ordered.with_columns(chain=is_first.cum_sum()).select("row", "chain").explode("row").unique()


def _is_broad(ordered: pl.DataFrame) -> bool:
    """Whether most answers that have a neighbour have one on each side: the whole file is a broad export."""
    before = (pl.col("gap") <= NEAR_US).fill_null(value=False)
    after = _shift_in_group(before, -1).fill_null(value=False)
    answers = ordered.select("is_answer", is_any=before | after, is_both=before & after).filter("is_answer", "is_any")
    both = answers.filter("is_both")
    return both.height >= BROAD and both.height >= MOST * answers.height


def _shift_in_group(value: pl.Expr, step: int) -> pl.Expr:
    """The value of the row `step` rows before (after, if negative) in the order by group; null in another group."""
    return pl.when(pl.col("group") == pl.col("group").shift(step)).then(value.shift(step))
