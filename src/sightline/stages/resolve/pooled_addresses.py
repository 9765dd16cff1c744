"""Find rows of a NAT that spreads the connections of one line over several public addresses."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.inside_addresses import find_several_holders

LEAST_LINES = 4
"""The minimum number of lines that show it. One may be a clerk who copied a line's columns to rows of others."""
LEAST_REPLIES = 3
"""And the minimum number of replies that do."""


def find_pooled(rows: pl.DataFrame) -> pl.Series:
    """Return the rows of connections, if the licensee's NAT spreads those of a line over its addresses.

    A NAT should give a line ports of one address (RFC 6888, REQ-2), and some give each connection another one. That is
    shown by sound rows of LEAST_LINES lines in LEAST_REPLIES replies. In these one inside address of one line has
    connections of two public addresses at once, and none of them has both times of another one. `rows`: assignments of
    one licensee, with `reply`, `number` and `doubts`.
    """
    is_four = ~pl.col("ip").str.contains(":", literal=True)
    some = rows.filter(is_four).drop_nulls(["port_from", "destination_ip", "number", "start_us", "end_us"])
    sound = some.drop_nulls("inside_ip").filter(pl.col("doubts").list.len() == 0)
    sound = sound.filter(pl.col("ip").n_unique().over("number", "start_us", "end_us") == 1)
    key = ["number", "inside_ip"]
    spread = find_several_holders(sound.select("row", "start_us", "end_us", *key, holder="ip"), key)
    spread_rows = sound.filter(pl.col("row").is_in(spread.implode()))
    is_spread = spread_rows["number"].n_unique() >= LEAST_LINES and spread_rows["reply"].n_unique() >= LEAST_REPLIES
    return some["row"] if is_spread else some["row"].head(0)
