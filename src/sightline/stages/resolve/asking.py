"""Rows of a notice, from sessions and their visits: what is asked for, by what, over which time; and what is not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from sightline.records import Asks, Ceiling, NatLogs
from sightline.stages.resolve.model import ASKED, MOST_PORTS, SECOND_US

SESSIONS: dict[str, pl.DataType] = {
    "session": pl.UInt32(),
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "ip": pl.String(),
    "hi": pl.UInt64(),
    "lo": pl.UInt64(),
    "ceiling": pl.String(),
    "is_alone": pl.Boolean(),
    "has_blocks": pl.Boolean(),
    "is_inside": pl.Boolean(),
    "candidates": pl.UInt32(),
    "nat_logs": pl.String(),
}
"""Sessions: `is_alone`, the network is known not to share; `has_blocks`, known to give out ports in blocks."""
VISITS: dict[str, pl.DataType] = {
    "session": pl.UInt32(),
    "t_us": pl.Int64(),
    "uncertainty_s": pl.UInt32(),
    "port": pl.UInt16(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
}
"""The visits of sessions that carry their ceiling: no lookup, no crawler, no time without a proven zone."""
ROW_ID_BYTES = 6
_KEY = ("session", "port", "destination_ip", "destination_port")


class WhyNot(StrEnum):
    """Why nobody is asked for a session."""

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
    SAME_ROW_ID = "same-row-id"


WORDS: Mapping[WhyNot, str] = {
    WhyNot.CEILING: "the evidence does not point to a line: its ceiling is neither subscriber nor shared",
    WhyNot.INSIDE: "an inside or reserved address: no licensee can be asked for it",
    WhyNot.KEEPS_NONE: "one of many behind a shared address, and the licensee keeps no destinations",
    WhyNot.NOT_SAID: "one of many behind a shared address, and nobody said whether the licensee keeps destinations",
    WhyNot.NO_DESTINATION: "one of many behind a shared address, and the record holds no destination to ask by",
    WhyNot.NO_VISIT: "no visit of it that carries its ceiling was found",
    WhyNot.OTHER_CASE: "its records are held in another case",
    WhyNot.NO_NETWORK: "no data set says whose network the address was in",
    WhyNot.NO_LICENSEE: "nobody said the licensee of its network: sightline notice licensee say",
    WhyNot.ASKED_ALREADY: "a notice of this case that is open asks for it already",
    WhyNot.SAME_ROW_ID: "its row id would be that of another row: ask for it in the next notice",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows (`session hi lo` and ASKED); `left_out`: `session why` of what is not asked for; ports past the eighth."""

    rows: pl.DataFrame
    left_out: pl.DataFrame
    ports_left_out: int = 0


def asks(sessions: pl.DataFrame) -> pl.DataFrame:
    """`session asks why` of SESSIONS: by what each may be asked for, or why it may not. One of the two is null."""
    ceiling, logs = pl.col("ceiling"), pl.col("nat_logs")
    carries, is_shared = ceiling == Ceiling.SUBSCRIBER.value, ceiling == Ceiling.SHARED.value
    why = (
        pl.when(~carries & ~is_shared)
        .then(_lit(WhyNot.CEILING))
        .when("is_inside")
        .then(_lit(WhyNot.INSIDE))
        .when(carries | (logs == NatLogs.DESTINATIONS.value))
        .then(None)
        .when(logs == NatLogs.UNKNOWN.value)
        .then(_lit(WhyNot.NOT_SAID))
        .otherwise(_lit(WhyNot.KEEPS_NONE))
    )
    by = (
        pl.when(is_shared)
        .then(_lit(Asks.DESTINATION))
        .when("is_alone")
        .then(_lit(Asks.ADDRESS))
        .otherwise(_lit(Asks.PORT))
    )
    return sessions.select("session", why.alias("why"), by.alias("asks")).select(
        "session", pl.when(pl.col("why").is_null()).then(pl.col("asks")).alias("asks"), "why"
    )


def asked(sessions: pl.DataFrame, visits: pl.DataFrame) -> Asked:
    """The rows of SESSIONS over their VISITS, in the order of addresses, times and row ids.

    One row a session; one for each of its first eight ports where neither blocks of ports nor the network tell that
    they are one line's. Address, port, destination and times of a row are of the same visits.
    """
    decided = asks(sessions)
    told = _by_key(_told(visits, sessions.join(decided, on="session").filter(pl.col("asks").is_not_null())))
    beyond = told.filter(pl.col("number") > MOST_PORTS)
    kept = told.filter(pl.col("number") <= MOST_PORTS)
    whole = kept.join(sessions, on="session").pipe(_timed).pipe(with_row_ids)
    order = ["hi", "lo", "from_us", "row_id"]
    # Six bytes of a digest: once in some million notices of a hundred thousand rows two are the same.
    rows = whole.sort(order).unique("row_id", keep="first", maintain_order=True)
    found = rows.select("session", "hi", "lo", *(pl.col(name).cast(kind) for name, kind in ASKED.items()))
    return Asked(found, _left_out(decided, whole, rows), len(beyond))


def _lit(value: StrEnum) -> pl.Expr:
    return pl.lit(value.value)


def _told(visits: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """The visits that rows are of, each with the port and destination that its row asks by."""
    by = pl.col("asks")
    joined = visits.join(mine.select("session", "asks", "has_blocks"), on="session")
    speaks = (
        (by == Asks.ADDRESS.value)
        | ((by == Asks.PORT.value) & pl.col("port").is_not_null())
        | ((by == Asks.DESTINATION.value) & pl.col("destination_ip").is_not_null())
    )
    ordered = joined.filter(speaks).sort("session", "t_us", "port", "destination_ip", "destination_port")
    first = {name: pl.col(name).first().over("session") for name in _KEY[1:]}
    ordered = ordered.with_columns(one.alias(f"first_{name}") for name, one in first.items())
    is_same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"first_{name}")) for name in ("destination_ip", "destination_port")
    )
    own_port = pl.when("has_blocks").then("first_port").otherwise("port")
    return ordered.filter((by != Asks.DESTINATION.value) | is_same).with_columns(
        pl.when(by == Asks.PORT.value).then(own_port).alias("port"),
        *(
            pl.when(by == Asks.DESTINATION.value).then(name).alias(name)
            for name in ("destination_ip", "destination_port")
        ),
    )


def _by_key(told: pl.DataFrame) -> pl.DataFrame:
    """One row for all visits that are asked for alike; `number` counts those of a session by time, from 1."""
    rows = told.group_by(*_KEY).agg(
        pl.col("asks").first(),
        pl.col("t_us").min().alias("first_us"),
        pl.col("t_us").max().alias("last_us"),
        pl.col("uncertainty_s").max(),
        pl.len().alias("visits"),
        pl.lit(None, pl.String).alias("protocol"),
    )
    ordered = rows.sort("session", "first_us", "port", "destination_ip", "destination_port")
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).over("session").alias("number"))


def _timed(rows: pl.DataFrame) -> pl.DataFrame:
    wide = pl.col("uncertainty_s").cast(pl.Int64) * SECOND_US
    return rows.with_columns((pl.col("first_us") - wide).alias("from_us"), (pl.col("last_us") + wide).alias("until_us"))


def with_row_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `row_id`: the first six bytes, hex, of SHA-256 over what the row asks for, each on a line (ADR 18)."""
    parts = ("session_id", "ip", "port", "destination_ip", "from_us", "until_us")
    texts = rows.select(pl.concat_str([pl.col(one).cast(pl.String).fill_null("") for one in parts], separator="\n"))
    digest = hashlib.sha256
    ids = [digest(text).hexdigest() for text in texts.to_series().cast(pl.Binary).to_list()]
    return rows.with_columns(pl.Series("row_id", ids, dtype=pl.String).str.head(2 * ROW_ID_BYTES))


def _left_out(decided: pl.DataFrame, whole: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    by = pl.when(pl.col("asks") == Asks.DESTINATION.value).then(_lit(WhyNot.NO_DESTINATION))
    nothing = decided.filter(pl.col("asks").is_not_null()).join(whole, on="session", how="anti")
    lost = whole.select("session").unique().join(rows, on="session", how="anti")
    return pl.concat(
        [
            decided.filter(pl.col("why").is_not_null()).select("session", "why"),
            nothing.select("session", by.otherwise(_lit(WhyNot.NO_VISIT)).alias("why")),
            lost.select("session", _lit(WhyNot.SAME_ROW_ID).alias("why")),
        ]
    ).sort("session")
