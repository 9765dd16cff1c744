"""Derive a notice's rows from sessions and their visits.

What is requested, by which key, for which time, and what is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from sightline.model import Ceiling, LineKey, NatLogs
from sightline.stages.resolve.model import ASKED, SECOND_US

SESSIONS: dict[str, pl.DataType] = {
    "session": pl.UInt32(),
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "ip": pl.String(),
    "hi": pl.UInt64(),
    "lo": pl.UInt64(),
    "ceiling": pl.String(),
    "is_alone": pl.Boolean(),
    "is_inside": pl.Boolean(),
    "candidates": pl.UInt32(),
    "nat_logs": pl.String(),
}
"""The columns of sessions. `is_alone`: the network is known not to share."""
VISITS: dict[str, pl.DataType] = {
    "session": pl.UInt32(),
    "t_us": pl.Int64(),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
    "uncertainty_s": pl.UInt32(),
    "port": pl.UInt16(),
    "protocol": pl.String(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
}
"""The columns of the visits that support a session's ceiling: no lookup, no crawler, no time without a proven zone.

`from_us` and `until_us`: the interval that surely contains the visit, the end excluded.
"""
KEY = ("port", "protocol", "destination_ip", "destination_port")
"""The columns that distinguish connections of an address: visits in one question are equal in all of them."""
APART_US = 60 * SECOND_US
"""The maximum gap between visits of one port in one question: a NAT may give the port to another line meanwhile."""
ROW_ID_BYTES = 6


class LeftOutReason(StrEnum):
    """Why no licensee is asked about a session."""

    CEILING = "ceiling"
    INSIDE = "inside-address"
    KEEPS_NONE = "keeps-no-destinations"
    NOT_SAID = "not-said-what-it-keeps"
    NO_DESTINATION = "no-destination"
    NO_VISIT = "no-visit"
    OTHER_CASE = "other-case"
    NO_NETWORK = "no-network"
    NO_LICENSEE = "no-licensee"
    ASKED_ALREADY = "asked-already"


WORDS: Mapping[LeftOutReason, str] = {
    LeftOutReason.CEILING: "the evidence does not point to a line: its ceiling is neither subscriber nor shared",
    LeftOutReason.INSIDE: "an inside or reserved address: no ISP can be asked for it",
    LeftOutReason.KEEPS_NONE: "one of many behind a shared address, and the ISP keeps no destinations",
    LeftOutReason.NOT_SAID: (
        "one of many behind a shared address, and it is not recorded whether the ISP keeps destinations"
    ),
    LeftOutReason.NO_DESTINATION: "one of many behind a shared address, and the record holds no destination to ask by",
    LeftOutReason.NO_VISIT: "no visit of it that carries its ceiling was found",
    LeftOutReason.OTHER_CASE: "its records are held in another case",
    LeftOutReason.NO_NETWORK: "no data set says whose network the address was in",
    LeftOutReason.NO_LICENSEE: "it is not recorded which ISP runs this network: sightline licensees set",
    LeftOutReason.ASKED_ALREADY: "a notice of this case that is open asks for all visits of it already",
}


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions: rows (`session hi lo` and ASKED), and `left_out`: `session why` for what is not requested."""

    rows: pl.DataFrame
    left_out: pl.DataFrame


def choose_request_key() -> pl.Expr:
    """Return the key by which a session (SESSIONS) is requested, or null if its ceiling is too low."""
    is_alone = pl.when("is_alone").then(_make_constant(LineKey.ADDRESS)).otherwise(_make_constant(LineKey.PORT))
    return (
        pl.when(pl.col("ceiling") == Ceiling.SHARED.value)
        .then(_make_constant(LineKey.DESTINATION))
        .when(pl.col("ceiling") == Ceiling.SUBSCRIBER.value)
        .then(is_alone)
    )


def decide_questions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Return `session asks why` of SESSIONS: the key by which each may be requested, or why it may not.

    One of them is null.
    """
    ceiling, logs = pl.col("ceiling"), pl.col("nat_logs")
    carries, is_shared = ceiling == Ceiling.SUBSCRIBER.value, ceiling == Ceiling.SHARED.value
    why = (
        pl.when(~carries & ~is_shared)
        .then(_make_constant(LeftOutReason.CEILING))
        .when("is_inside")
        .then(_make_constant(LeftOutReason.INSIDE))
        .when(carries | (logs == NatLogs.DESTINATIONS.value))
        .then(None)
        .when(logs == NatLogs.UNKNOWN.value)
        .then(_make_constant(LeftOutReason.NOT_SAID))
        .otherwise(_make_constant(LeftOutReason.KEEPS_NONE))
    )
    return sessions.select("session", why.alias("why"), choose_request_key().alias("asks")).select(
        "session", pl.when(pl.col("why").is_null()).then(pl.col("asks")).alias("asks"), "why"
    )


def make_questions(sessions: pl.DataFrame, visits: pl.DataFrame) -> Questions:
    """Return the questions about all VISITS of SESSIONS, in the order of addresses, times and row ids.

    A question is a row. If the network does not share addresses, it covers a whole session; otherwise the session's
    visits of one port (or none), protocol and destination, each at most a minute after the previous one.
    """
    decided = decide_questions(sessions)
    mine = sessions.join(decided, on="session").filter(pl.col("asks").is_not_null())
    keeps_destinations = pl.col("nat_logs") == NatLogs.DESTINATIONS.value
    visit_questions = drop_unused_keys(visits.join(mine.select("session", "asks", "nat_logs"), on="session")).filter(
        _has_key() & ((pl.col("asks") != LineKey.DESTINATION.value) | keeps_destinations)
    )
    whole = _join_questions(visit_questions).join(sessions, on="session").pipe(add_row_ids)
    whole = whole.with_columns(pl.lit(None, ASKED["through"]).alias("through"))
    # Two ids are equal once in some thousands of notices of 100,000 rows: the later row goes into the next notice.
    rows = whole.sort("hi", "lo", "from_us", "row_id").unique("row_id", keep="first", maintain_order=True)
    result = rows.select("session", "hi", "lo", *(pl.col(name).cast(kind) for name, kind in ASKED.items()))
    return Questions(result, _explain_left_out(decided, whole))


def drop_unused_keys(visits: pl.DataFrame) -> pl.DataFrame:
    """Return visits, with `asks`, that keep only the parts of KEY that they are requested by.

    A visit without a port, of a session asked about by ports, is asked about by its destination if that is known.
    """
    is_bare = pl.col("port").is_null() & pl.col("destination_ip").is_not_null()
    by_destination = (pl.col("asks").cast(pl.String) == LineKey.PORT.value) & is_bare
    asks = pl.when(by_destination).then(_make_constant(LineKey.DESTINATION)).otherwise(pl.col("asks").cast(pl.String))
    visits = visits.with_columns(asks.alias("asks"))
    is_address, is_port = (pl.col("asks") == key.value for key in (LineKey.ADDRESS, LineKey.PORT))
    beside = [pl.when(~is_address).then(name).alias(name) for name in KEY[1:]]
    return visits.with_columns(pl.when(is_port).then("port").alias("port"), *beside)


def _make_constant(value: StrEnum) -> pl.Expr:
    return pl.lit(value.value)


def _has_key() -> pl.Expr:
    """Whether a visit tells what it would be asked by."""
    is_port, is_destination = (pl.col("asks") == key.value for key in (LineKey.PORT, LineKey.DESTINATION))
    by_port, by_destination = ~is_port | pl.col("port").is_not_null(), pl.col("destination_ip").is_not_null()
    return by_port & (~is_destination | by_destination)


def _join_questions(visit_questions: pl.DataFrame) -> pl.DataFrame:
    """One row for all visits that are asked about together: their times, and how many there are."""
    key = ["session", *KEY]
    ordered = visit_questions.sort(*key, "t_us")
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in key)
    is_near = pl.col("t_us") - pl.col("t_us").shift(1) <= APART_US
    is_one = is_same & (is_near | (pl.col("asks") == LineKey.ADDRESS.value))
    numbered = ordered.with_columns(is_one.fill_null(value=False).not_().cum_sum().alias("question"))
    return numbered.group_by("question", maintain_order=True).agg(
        *(pl.col(name).first() for name in (*key, "asks")),
        pl.col("t_us").min().alias("first_us"),
        pl.col("t_us").max().alias("last_us"),
        pl.col("uncertainty_s").max(),
        pl.col("from_us").min(),
        pl.col("until_us").max(),
        pl.len().alias("visits"),
    )


def add_row_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `row_id`: the first six bytes, hex, of SHA-256 over the row's request, each value on a line (ADR 18)."""
    parts = ("session_id", "ip", *KEY, "from_us", "until_us")
    texts = rows.select(pl.concat_str([pl.col(part).cast(pl.String).fill_null("") for part in parts], separator="\n"))
    digest = hashlib.sha256
    ids = [digest(text).hexdigest() for text in texts.to_series().cast(pl.Binary).to_list()]
    return rows.with_columns(pl.Series("row_id", ids, dtype=pl.String).str.head(2 * ROW_ID_BYTES))


def _explain_left_out(decided: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    why = pl.when(pl.col("asks") == LineKey.DESTINATION.value).then(_make_constant(LeftOutReason.NO_DESTINATION))
    nothing = decided.filter(pl.col("asks").is_not_null()).join(whole, on="session", how="anti")
    return pl.concat(
        [
            decided.filter(pl.col("why").is_not_null()).select("session", "why"),
            nothing.select("session", why.otherwise(_make_constant(LeftOutReason.NO_VISIT)).alias("why")),
        ]
    ).sort("session")
