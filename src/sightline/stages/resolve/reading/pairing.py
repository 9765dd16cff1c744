"""Events of a log that begin, confirm and end an assignment, paired into intervals."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import polars as pl

from sightline.records import ReplyCode
from sightline.stages.resolve.model import ASSIGNED, REJECTS, SUBSCRIBERS, Batch, Says
from sightline.stages.resolve.reading.columns import UNSAID

EVENTS: dict[str, pl.DataType] = {
    "row": pl.UInt32(),
    "act": pl.String(),
    "us": pl.Int64(),
    "slack_us": pl.Int64(),
    "lasted_s": pl.Int64(),
    "session": pl.String(),
    "inside_ip": pl.String(),
    "ip": pl.String(),
    "port_from": pl.UInt16(),
    "port_to": pl.UInt16(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
    "number": pl.String(),
    "number_kind": pl.String(),
    "is_faulty": pl.Boolean(),
    "doubted_by": pl.String(),
}
"""`lasted_s`: how long it had lasted then, where the event says that. `session`: what tells it from others.

`is_faulty`: a part of it cannot be read, and is null: what it belongs to stands, and names nobody. `doubted_by`: as in
ASSIGNED.
"""
_SAME = ("session", "inside_ip", "ip", "port_from", "port_to")


class Act(StrEnum):
    """What an event does to an assignment."""

    START = "start"
    INTERIM = "interim"
    STOP = "stop"


def paired(events: pl.DataFrame, faults: Sequence[tuple[int, str, str]]) -> Batch:
    """The intervals of the events, in the order of the rows in which they begin, and the rejects of the log.

    What has no stop has no end, and `seen_us` of its last confirmation. What begins with a confirmation, or with a
    stop, begins as long before as that says; a stop that does not say so is a reject (WITHOUT_START), and stands: it
    was always until then, and names nobody. The same event again is one: who waits for an acknowledgement sends it
    once more (RFC 2866, 2).
    """
    timeless, events = events.filter(pl.col("us").is_null()), events.filter(pl.col("us").is_not_null())
    once = events.unique([*_SAME, "act", "us", "number"], keep="first", maintain_order=True)
    spans = _spans(once.sort(*_SAME, "us", "row", nulls_last=True, maintain_order=True))
    is_lost = pl.col("start_us").is_null()
    is_reversed = pl.col("end_us") + pl.col("end_slack_us") <= pl.col("start_us")
    lost = spans.filter(is_lost).select("row", column=pl.lit("act"), code=pl.lit(ReplyCode.WITHOUT_START.value))
    backwards = spans.filter(~is_lost & is_reversed.fill_null(value=False)).select(
        "row", column=pl.lit("end"), code=pl.lit(ReplyCode.ENDS_BEFORE_START.value)
    )
    names_nobody = pl.col("is_faulty") | is_lost | is_reversed.fill_null(value=False)
    of_no_time = timeless.select(
        "row", *_SAME, "destination_ip", "destination_port", "doubted_by", is_faulty=pl.lit(value=True)
    )
    standing = pl.concat([spans, of_no_time], how="diagonal").with_columns(
        pl.when(~names_nobody).then(pl.col("number", "number_kind")),
        pl.col("start_slack_us", "end_slack_us").fill_null(0),
        seen_us=pl.when(pl.col("end_us").is_null()).then("seen_us"),
        row_id=pl.lit(None, pl.String),
        says=pl.lit(Says.ASSIGNED.value),
        **{name: pl.lit(None, ASSIGNED[name]) for name in (*UNSAID, "is_exclusive") if name != "doubted_by"},
    )
    # Without an address and a start it may be of anything, at any time: that is known of no row.
    good = standing.filter(pl.col("ip").is_not_null() | pl.col("start_us").is_not_null())
    assigned = good.sort("row").select(pl.col(name).cast(kind) for name, kind in ASSIGNED.items())
    own = pl.DataFrame(list(faults), schema=REJECTS, orient="row")
    rejects = pl.concat([own, *(one.cast(pl.Schema(REJECTS)) for one in (lost, backwards))]).sort(
        "row", maintain_order=True
    )
    return Batch(assigned, pl.DataFrame(schema=SUBSCRIBERS), rejects)


def _spans(ordered: pl.DataFrame) -> pl.DataFrame:
    """One row for each assignment, in the order of its first event: when it began, ended, and was last confirmed."""
    first_us, act, is_stop = pl.col("us").first(), pl.col("act").first(), pl.col("act") == Act.STOP
    said_us = first_us - pl.col("lasted_s").first() * 1_000_000
    return (
        ordered.with_columns(span=_begins().cum_sum())
        .group_by("span", maintain_order=True)
        .agg(
            pl.col("row", *_SAME).first(),
            pl.col("number", "number_kind", "destination_ip", "destination_port").drop_nulls().first(),
            act=act,
            is_faulty=pl.col("is_faulty").any(),
            doubted_by=pl.col("doubted_by").drop_nulls().first(),
            start_us=pl.when(act == Act.START)
            .then(first_us)
            .otherwise(pl.coalesce(said_us, pl.when(act == Act.INTERIM).then(first_us))),
            start_slack_us=pl.col("slack_us").first(),
            end_us=pl.col("us").filter(is_stop).first(),
            end_slack_us=pl.col("slack_us").filter(is_stop).first().fill_null(0),
            seen_us=pl.col("us").filter(pl.col("act") == Act.INTERIM).last(),
        )
    )


def _begins() -> pl.Expr:
    """Whether an event, in order, is the first of an assignment."""
    begins = (pl.col("act") == Act.START) | (pl.col("act") == Act.STOP).shift(1, fill_value=True)
    for name in _SAME:
        begins = begins | pl.col(name).ne_missing(pl.col(name).shift(1))
    # A NAS that was restarted counts its sessions anew: another number of the same kind is another session.
    return begins | _is_of_another("number", "number_kind")


def _is_of_another(number: str, kind: str) -> pl.Expr:
    """Whether an event, in order, names another one of a kind than the last before it that named one."""
    last = (pl.col(number).forward_fill().shift(1).over(_SAME), pl.col(kind).forward_fill().shift(1).over(_SAME))
    return ((pl.col(number) != last[0]) & (pl.col(kind) == last[1])).fill_null(value=False)
