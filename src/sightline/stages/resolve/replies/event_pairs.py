"""Pair log events that begin, confirm and end an assignment into intervals."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import ASSIGNED, BESIDE, REJECTS, SUBSCRIBERS, ReplyBatch, RowStatement
from sightline.stages.resolve.replies.row_batches import UNSTATED

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
    "protocol": pl.String(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
    "number": pl.String(),
    "number_kind": pl.String(),
    "is_faulty": pl.Boolean(),
    "doubted_by": pl.String(),
    "space": pl.String(),
}
"""`lasted_s`: how long it had lasted then, if the event has that. `session`: the id that distinguishes it.

`space`, `doubted_by`: as in ASSIGNED. `is_faulty`: an unreadable part is null: its assignment is kept and identifies no
subscriber.
"""
_BESIDE = ("protocol", "destination_ip", "destination_port", "space")
_MOVED = ("moved_bytes", "moved_by")
"""What a session had moved when it ended, as in BESIDE. Events of most logs do not say it, and lack the columns."""
_SAME = ("session", "inside_ip", "ip", "port_from", "port_to")


class EventEffect(StrEnum):
    """The effect of an event on an assignment."""

    START = "start"
    INTERIM = "interim"
    STOP = "stop"


def pair_events(events: pl.DataFrame, faults: Sequence[tuple[int, str, str]]) -> ReplyBatch:
    """Return the intervals of the events, in the order of the rows in which they begin, and the rejects of the log.

    An assignment without a stop has no end, and `seen_us` is its last confirmation. One that begins with a
    confirmation, or with a stop, begins as long before as that states; a stop without a duration is a reject
    (WITHOUT_START), and is kept: it was held until then, from an unknown time, and identifies no subscriber. A repeated
    event counts once: a client that waits for an acknowledgement sends it again (RFC 2866, 2).
    """
    events = _with_changes(events.with_columns(_fill_moved(events)))
    timeless, events = events.filter(pl.col("us").is_null()), events.filter(pl.col("us").is_not_null())
    once = events.unique([*_SAME, "act", "us", "number"], keep="first", maintain_order=True)
    spans = _build_spans(_order_events(once))
    is_lost = pl.col("start_us").is_null()
    is_reversed = pl.col("end_us") + pl.col("end_slack_us") <= pl.col("start_us")
    lost = spans.filter(is_lost).select("row", column=pl.lit("act"), code=pl.lit(ReplyCode.WITHOUT_START.value))
    backwards = spans.filter(~is_lost & is_reversed.fill_null(value=False)).select(
        "row", column=pl.lit("end"), code=pl.lit(ReplyCode.ENDS_BEFORE_START.value)
    )
    names_nobody = pl.col("is_faulty") | is_lost | is_reversed.fill_null(value=False)
    of_no_time = timeless.select("row", *_SAME, *_BESIDE, "doubted_by", is_faulty=pl.lit(value=True))
    assignments = pl.concat([spans, of_no_time], how="diagonal").with_columns(
        pl.when(~names_nobody).then(pl.col("number", "number_kind")),
        # No access log may name a line for a row that was not read whole.
        pl.when(~pl.col("is_faulty")).then(pl.col("inside_ip")),
        pl.col("start_slack_us", "end_slack_us").fill_null(0),
        seen_us=pl.when(pl.col("end_us").is_null()).then("seen_us"),
        row_id=pl.lit(None, pl.String),
        says=pl.lit(RowStatement.ASSIGNED.value),
        **{
            name: pl.lit(None, ASSIGNED[name])
            for name in (*UNSTATED, "is_exclusive")
            if name not in {"doubted_by", "protocol", "space"}
        },
    )
    # Without an address and a start it may be any assignment at any time: no row is known to be its own.
    good = assignments.filter(pl.col("ip").is_not_null() | pl.col("start_us").is_not_null())
    moved = () if good["moved_bytes"].null_count() == good.height else _MOVED
    columns = ASSIGNED | {name: BESIDE[name] for name in moved}
    assigned = good.sort("row").select(pl.col(name).cast(kind) for name, kind in columns.items())
    own = pl.DataFrame(list(faults), schema=REJECTS, orient="row")
    rejects = pl.concat([own, *(table.cast(pl.Schema(REJECTS)) for table in (lost, backwards))]).sort(
        "row", maintain_order=True
    )
    return ReplyBatch(assigned, pl.DataFrame(schema=SUBSCRIBERS), rejects)


def _fill_moved(events: pl.DataFrame) -> list[pl.Expr]:
    return [pl.lit(None, BESIDE[name]).alias(name) for name in _MOVED if name not in events.columns]


def _order_events(once: pl.DataFrame) -> pl.DataFrame:
    """The events of each session by time; of an id that several numbers began, one number after the other.

    Each of these has its own start. Where an event names no number, or begins with no start, none can be told apart.
    A stop that says that it came before its start (`lasted_s` under 0) stands behind the start that it means.
    """
    is_before = (pl.col("act") == EventEffect.STOP) & (pl.col("lasted_s") < 0)
    at = pl.when(is_before).then(pl.col("us") - pl.col("lasted_s") * 1_000_000 + pl.col("slack_us")).otherwise("us")
    once = once.with_columns(at=at)
    timed = once.sort("at", "row", nulls_last=True, maintain_order=True)
    is_own = pl.col("number").is_not_null() & (pl.col("act").first().over(*_SAME, "number") == EventEffect.START)
    apart = timed.with_columns(whose=pl.when(is_own.all().over(_SAME)).then("number"))
    return apart.sort(*_SAME, "whose", "at", "row", nulls_last=True, maintain_order=True).drop("whose", "at")


def _with_changes(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events with `from_us` and `to_us` where a session of RADIUS changes its address.

    `slot`: the attribute that gives an address; null or missing of what has none. `from_us`: when the event before,
    which gave another address, happened; `to_us`: when the next one that gives another does. Between the two events
    either address may have been in use.
    """
    nothing = pl.lit(None, pl.Int64)
    if "slot" not in events.columns:
        return events.with_columns(from_us=nothing, to_us=nothing)
    key = ["session", "slot"]
    timed = events.filter(pl.col("us").is_not_null(), pl.col("slot").is_not_null())
    each = timed.group_by(*key, "row", maintain_order=True).agg(
        pl.col("us", "act", "number").first(), is_read=pl.col("ip").is_not_null().all()
    )
    ordered = each.sort(*key, "us", "row").with_columns(
        pl.int_range(pl.len()).over(key).alias("place"),
        pl.col("us", "act", "number", "is_read").shift(1).over(key).name.prefix("last_"),
        pl.col("us", "act", "number", "is_read").shift(-1).over(key).name.prefix("next_"),
    )
    placed = events.join(
        ordered.drop("us", "act", "number", "is_read"), on=[*key, "row"], how="left", maintain_order="left"
    )
    of_address = [*key, "ip"]
    is_new = pl.col("place") != pl.col("place").shift(1).over(of_address, order_by="place") + 1
    is_last = pl.col("place") != pl.col("place").shift(-1).over(of_address, order_by="place") - 1
    is_of_it = pl.col("last_number").eq_missing(pl.col("number"))
    goes_on = pl.col("next_number").eq_missing(pl.col("number"))
    begins = (
        is_new.fill_null(value=True)
        & (pl.col("act") != EventEffect.START)
        & (pl.col("last_act") != EventEffect.STOP)
        & is_of_it
    )
    ends = (
        is_last.fill_null(value=True)
        & (pl.col("act") != EventEffect.STOP)
        & (pl.col("next_act") != EventEffect.START)
        & goes_on
    )
    has_slot = pl.col("slot").is_not_null() & pl.col("place").is_not_null()
    return placed.with_columns(
        from_us=pl.when(has_slot & begins & pl.col("last_is_read")).then("last_us"),
        to_us=pl.when(has_slot & ends & pl.col("next_is_read")).then("next_us"),
    ).drop("place", "^(last|next)_.*$")


def _build_spans(ordered: pl.DataFrame) -> pl.DataFrame:
    """One row for each assignment, in the order of its first event: when it began, ended, and was last confirmed.

    A stop or an update that says of its session that it lasted otherwise than from the start on is that of another: in
    doubt.
    """
    first_us, act, is_stop = pl.col("us").first(), pl.col("act").first(), pl.col("act") == EventEffect.STOP
    said_us = first_us - pl.col("lasted_s").first() * 1_000_000
    since_us = pl.col("us") - pl.when(act == EventEffect.START).then(first_us).otherwise(said_us)
    lasted_us = pl.col("lasted_s") * 1_000_000
    may_differ_us = 10_000_000 + pl.max_horizontal(since_us, lasted_us) // 100 + pl.col("slack_us").max()
    is_of_another = ((pl.col("act") != EventEffect.START) & ((since_us - lasted_us).abs() > may_differ_us)).any()
    from_us, is_left = pl.col("from_us").first(), pl.col("to_us").is_not_null()
    return (
        ordered.with_columns(span=_begins_assignment().cum_sum())
        .group_by("span", maintain_order=True)
        .agg(
            pl.col("row", *_SAME).first(),
            pl.col("number", "number_kind", *_BESIDE).drop_nulls().first(),
            act=act,
            is_faulty=pl.col("is_faulty").any(),
            doubted_by=pl.coalesce(
                pl.col("doubted_by").drop_nulls().first(), pl.when(is_of_another).then(pl.lit("Acct-Session-Time"))
            ),
            start_us=pl.when(act == EventEffect.START)
            .then(first_us)
            .otherwise(pl.coalesce(from_us, said_us, pl.when(act == EventEffect.INTERIM).then(first_us))),
            start_slack_us=pl.col("slack_us").first()
            + pl.when(act != EventEffect.START).then(first_us - from_us).fill_null(0),
            end_us=pl.coalesce(pl.col("us").filter(is_stop).first(), pl.col("us").filter(is_left).last()),
            end_slack_us=pl.coalesce(
                pl.col("slack_us").filter(is_stop).first(),
                (pl.col("to_us") - pl.col("us") + pl.col("slack_us")).filter(is_left).last(),
            ).fill_null(0),
            seen_us=pl.col("us").filter(pl.col("act") == EventEffect.INTERIM).last(),
            moved_bytes=pl.col("moved_bytes").filter(is_stop).first(),
            moved_by=pl.col("moved_by").filter(is_stop).first(),
        )
    )


def _begins_assignment() -> pl.Expr:
    """Whether an event, in order, is the first of an assignment."""
    begins = (pl.col("act") == EventEffect.START) | (pl.col("act") == EventEffect.STOP).shift(1, fill_value=True)
    for name in _SAME:
        begins = begins | pl.col(name).ne_missing(pl.col(name).shift(1))
    begins = begins | pl.col("from_us").is_not_null()
    # A restarted NAS counts its sessions from the start: another number of the same kind is another session.
    return begins | _is_of_another("number", "number_kind")


def _is_of_another(number: str, kind: str) -> pl.Expr:
    """Whether an event, in order, names another one of a kind than the last before it that named one."""
    last = (pl.col(number).forward_fill().shift(1).over(_SAME), pl.col(kind).forward_fill().shift(1).over(_SAME))
    return ((pl.col(number) != last[0]) & (pl.col(kind) == last[1])).fill_null(value=False)
