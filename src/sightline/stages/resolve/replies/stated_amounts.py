"""Compare amounts that a row states with its own facts: how many ports, how long, how many sessions, which IP version.

An amount that differs doubts its row: one of the two is wrong, or the row sums up several.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.model import SECOND_US
from sightline.stages.resolve.replies.column_kinds import Mark
from sightline.stages.resolve.replies.names import canonical

_PORTS = frozenset({"numberofports", "noofports", "portcount", "totalports", "blocksize", "portblocksize"})
_LASTING = frozenset({"durationsec", "durationsecs", "durationseconds", "totalduration", "sessionduration"})
_SESSIONS = frozenset(
    {"sessions", "sessioncount", "noofsessions", "numberofsessions", "totalsessions", "count", "recordcount"}
)
_VERSION = frozenset({"ipversion", "ipver", "ipaddressversion"})
_UNITS_S = (1, 60, 3_600)
"""Seconds, minutes or hours: what a duration without a unit may be in."""


def doubt_amounts(assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[Mark]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a stated amount differs from the row's own ports, times or address.

    `frame`: the rows' texts (`row`, `c0`, ...). Values that are no whole number say nothing here.
    """
    for mark in marks:
        differs = _difference(canonical(mark.heading))
        if differs is None:
            continue
        amounts = frame.select("row", amount=pl.col(f"c{mark.at}").str.extract(r"^\D{0,4}([0-9]{1,9})\D{0,8}$"))
        beside = assigned.join(
            amounts.with_columns(pl.col("amount").cast(pl.Int64)), on="row", how="left", maintain_order="left"
        )
        doubt = pl.when(differs.fill_null(value=False)).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("amount")
    return assigned


def _difference(heading: str) -> pl.Expr | None:
    """Match rows whose `amount` under that heading is not what their facts say; None for any other heading."""
    if heading in _PORTS:
        return _other_ports(is_block="block" in heading)
    if heading in _LASTING:
        return _other_duration()
    if heading in _SESSIONS:
        return pl.col("amount") > 1
    if heading in _VERSION:
        is_six = pl.col("ip").str.contains(":", literal=True)
        return ((pl.col("amount") == 4) & is_six) | ((pl.col("amount") == 6) & ~is_six)
    return None


def _other_ports(*, is_block: bool) -> pl.Expr:
    """Match rows with another number of ports. A row of one connection may say how large its block is.

    A row that is several ranges may state the size of one, or of all.
    """
    ports = pl.col("port_to").cast(pl.Int64) - pl.col("port_from").cast(pl.Int64) + 1
    is_other = (pl.col("amount") != ports) & (pl.col("amount") != ports.sum().over("row"))
    return is_other & (ports > 1) if is_block else is_other


def _other_duration() -> pl.Expr:
    """Match rows whose stated duration, in any unit, is not the time from start to end."""
    lasts = pl.col("end_us") - pl.col("start_us")
    slack = pl.max_horizontal("start_slack_us", "end_slack_us").fill_null(0) + 10 * SECOND_US + lasts // 100
    fits = [(pl.col("amount") * unit * SECOND_US - lasts).abs() <= slack + (unit - 1) * SECOND_US for unit in _UNITS_S]
    return ~pl.any_horizontal(*fits)
