"""Compare the bytes that a session moved, as its row says, with what a server sent in the visits that it covers."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import OF_COLUMN, RowStatement

FIRST_FLIGHT = 14_600
"""Bytes of one answer that count: what a server sends before the other side confirms any (RFC 6928).

Of a longer answer that was broken off, a server may have written down more than arrived.
"""
SENT: dict[str, pl.DataType] = {"least_bytes": pl.Int64(), "all_bytes": pl.Int64()}
"""Of each row of a notice: what the server sent in its smallest visit, and in all of them."""


def sum_sent(visits: pl.DataFrame, pairs: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Return SENT for each of that number of rows; null where no record of its visits has a size.

    `visits`: `sent_bytes` (null: not known); `pairs`: `visit` and `row`, places in both. A row that asks about a visit
    of unknown size is answered by any number of bytes as regards that visit.
    """
    sent = visits.select(pl.col("sent_bytes").clip(0, FIRST_FLIGHT)).with_row_index("visit").join(pairs, on="visit")
    known = sent.group_by("row").agg(
        least_bytes=pl.col("sent_bytes").fill_null(0).min(), all_bytes=pl.col("sent_bytes").sum()
    )
    return (
        pl.DataFrame({"row": pl.int_range(rows, dtype=pl.UInt32, eager=True)})
        .join(known.cast({"row": pl.UInt32}), on="row", how="left", maintain_order="left")
        .select(pl.col(name).cast(kind) for name, kind in SENT.items())
    )


def doubt_idle(questions: pl.DataFrame, met: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with doubts about rows whose session moved fewer bytes than a server sent in what they answer.

    `questions`: `notice row_id from_us until_us` and SENT. `met`: as `row_verdicts` takes it, with `moved_bytes` and
    `moved_by`. `answered`: `reply` and `of_replies`, the doubts that an officer answered. A row that covers all that
    was asked moved all that was sent; of any other one the smallest visit counts.
    """
    if met["moved_bytes"].null_count() == met.height:
        return met
    facts = questions.select("notice", "from_us", "until_us", *SENT, asked="row_id").unique(["notice", "asked"])
    places = met.with_row_index("at")
    beside = places.filter(pl.col("says") == RowStatement.ASSIGNED.value).join(facts, on=["notice", "asked"])
    covers = (pl.col("start_us") <= pl.col("from_us")) & (pl.col("end_us") >= pl.col("until_us"))
    sent = pl.when(covers.fill_null(value=False)).then("all_bytes").otherwise("least_bytes")
    doubt = pl.concat_str(pl.lit(OF_COLUMN), "moved_by").alias("of_replies")
    doubtful_rows = beside.filter(pl.col("moved_bytes") < sent).select("at", "reply", doubt)
    left = doubtful_rows.join(answered, on=["reply", "of_replies"], how="anti")
    joined = places.join(left.select("at", "of_replies"), on="at", how="left", maintain_order="left")
    both = pl.concat_list("doubts", pl.concat_list("of_replies").list.drop_nulls()).list.unique(maintain_order=True)
    doubted = joined.with_columns(both.alias("doubts"))
    return doubted.with_columns(is_doubted=pl.col("doubts").list.len() > 0).select(met.columns)
