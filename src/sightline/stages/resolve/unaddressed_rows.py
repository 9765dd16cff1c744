"""Rows of a reply without an address: for each row of the notice the one whose time and connection it meets."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.assignment_spans import may_hold
from sightline.stages.resolve.model import DOUBTS
from sightline.stages.resolve.row_match import DESTINATION_FITS, PORT_FITS, PROTOCOL_FITS

CONNECTION = ["port_from", "port_to", "destination_ip", "destination_port", "protocol"]
MOST_CONNECTIONS = 500
"""The maximum number of connections that are distinguished in rows without an address. More are compared by time alone.
"""


def match_unaddressed_rows(others: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return one row of any address for each of `questions` whose time it meets: of those begun by then, the last.

    Rows of one connection are looked at together; where connections are many, by their times alone.
    """
    keys = others.select(CONNECTION).unique(maintain_order=True)
    if len(keys) > MOST_CONNECTIONS:
        return _meet_in_time(others, questions)
    frames = [_meet_in_time(others, questions).clear()]
    for key in keys.iter_rows(named=True):
        mine = others.filter(pl.col(name).eq_missing(pl.lit(value)) for name, value in key.items())
        beside = questions.with_columns(
            pl.lit(key["port_from"], pl.UInt16).alias("port_from"),
            pl.lit(key["port_to"], pl.UInt16).alias("port_to"),
            pl.lit(key["destination_ip"], pl.String).alias("kept_ip"),
            pl.lit(key["destination_port"], pl.UInt16).alias("kept_port"),
            pl.lit(key["protocol"], pl.String).alias("kept_protocol"),
        )
        frames.append(_meet_in_time(mine, beside.filter(PORT_FITS, DESTINATION_FITS, PROTOCOL_FITS)))
    return pl.concat(frames)


def _meet_in_time(others: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return one of the rows for each of `questions` whose time it meets: of those begun by then, the last."""
    upto = pl.col("may_until").cum_max()
    spans = others.select("row", *may_hold()).sort("may_from", "may_until", "row")
    lasting = spans.select(
        "may_from", upto_us=upto, row=pl.when(pl.col("may_until") == upto).then("row").forward_fill()
    )
    rows = questions.select("from_us", "until_us", asked="row_id").sort("until_us")
    began = rows.join_asof(lasting, left_on="until_us", right_on="may_from", strategy="backward")
    timely_rows = began.filter(pl.col("upto_us") >= pl.col("from_us")).select("row", "asked")
    return others.join(timely_rows, on="row").with_columns(doubts=pl.lit([], DOUBTS), is_doubted=pl.lit(value=False))
