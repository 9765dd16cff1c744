"""Pair rows of a table that are events (create, delete, interim), like the events of a log."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import ASSIGNED, REJECTS
from sightline.stages.resolve.replies.event_pairs import EVENTS, EventEffect, pair_events

_KEY = ("destination_ip", "destination_port", "protocol", "number_kind", "number")
"""What distinguishes mappings of the same address and ports."""


def is_event() -> pl.Expr:
    """Match rows (ASSIGNED with `act`) that are no assignment by themselves: they describe one instant, or an end."""
    is_instant = pl.col("end_us").is_null() | (pl.col("end_us") == pl.col("start_us"))
    return (
        pl.col("act").is_not_null()
        & pl.col("start_us").is_not_null()
        & (is_instant | (pl.col("act") != EventEffect.START))
    )


def join_assignments(rows: pl.DataFrame, heading: str, *, has_ends: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ASSIGNED and REJECTS of rows that are events (`is_event`), each a part of an assignment.

    An assignment that begins with an interim or a delete is in doubt, by the `heading` of the column of events. Where
    other rows of the table have an end too (`has_ends`), a delete that has a start alone may be one that began then.
    """
    at = pl.when(pl.col("act") == EventEffect.START).then("start_us").otherwise(pl.coalesce("end_us", "start_us"))
    slack = pl.when((pl.col("act") == EventEffect.START) | pl.col("end_us").is_null()).then("start_slack_us")
    has_both = (pl.col("act") != EventEffect.START) & (pl.col("end_us") > pl.col("start_us"))
    events = rows.select(
        "row",
        "act",
        us=at,
        slack_us=slack.otherwise("end_slack_us"),
        lasted_s=pl.when(has_both).then((pl.col("end_us") - pl.col("start_us")) // 1_000_000),
        session=pl.concat_str(*(pl.col(name).cast(pl.String).fill_null("") for name in _KEY), separator=" "),
        **{name: pl.col(name) for name in EVENTS if name in ASSIGNED and name != "row"},
        is_faulty=pl.lit(value=False),
    ).select(pl.col(name).cast(kind) for name, kind in EVENTS.items())
    batch = pair_events(events, [])
    own = {f"own_{name}": name for name in ("start_us", "start_slack_us", "end_us")}
    first = rows.select(
        "row", "row_id", "protocol", "is_exclusive", "is_static", "is_operator", first_act="act", **own
    ).unique("row", keep="first")
    joined = batch.assigned.drop("row_id", "protocol", "is_exclusive", "is_static", "is_operator").join(
        first, on="row", how="left", maintain_order="left"
    )
    is_alone = pl.col("first_act") != EventEffect.START
    doubt = pl.coalesce("doubted_by", pl.when(is_alone).then(pl.lit(heading)))
    if has_ends:
        has_start_alone = (pl.col("first_act") == EventEffect.STOP) & pl.col("own_end_us").is_null()
        joined = joined.with_columns(
            start_us=pl.when(has_start_alone).then("own_start_us").otherwise("start_us"),
            start_slack_us=pl.when(has_start_alone).then("own_start_slack_us").otherwise("start_slack_us"),
            end_us=pl.when(~has_start_alone).then("end_us"),
        )
    made = joined.with_columns(doubted_by=doubt).select(pl.col(name).cast(kind) for name, kind in ASSIGNED.items())
    if "duration_s" in rows.columns:
        made = made.join(rows.select("row", "duration_s"), on="row", how="left", maintain_order="left")
    return made, batch.rejects.select(*REJECTS)
