"""Find rows whose block of ports has not the size or the place of the others: a digit of it is wrong."""

from __future__ import annotations

import polars as pl

_LAST_PORT = 65_535
_LEAST_REGULAR, _MOST_ODD = 5, 0.25
"""The minimum number of regular blocks, and the maximum part of others beside them, in which those are slips."""
_LARGEST = (_LAST_PORT + 1) // 2
_BLOCK = ["ip", "port_from", "port_to"]


def find_odd_blocks(rows: pl.DataFrame) -> pl.Series:
    """Return the rows (`row`, `ip`, `port_from`, `port_to`, `destination_ip`) with a block of no regular size or place.

    A NAT gives blocks of one size, one behind the other (RFC 7422, section 2). Several neighbouring ones together are
    regular too, and what is left at the end of all ports. A network with blocks of several sizes has no regular one.
    """
    size = pl.col("port_to").cast(pl.Int64) - pl.col("port_from").cast(pl.Int64) + 1
    some = rows.drop_nulls(["port_from", "port_to"]).filter(pl.col("destination_ip").is_null())
    some = some.with_columns(size=size).filter(pl.col("size").is_between(2, _LARGEST))
    blocks = some.unique(_BLOCK)
    usual = blocks["size"].mode().sort()
    if len(usual) != 1:
        return rows["row"].head(0)
    step = int(usual[0])
    first = blocks.filter(size=step)["port_from"].cast(pl.Int64) % step
    base = int(first.mode().sort()[0])
    is_placed = (pl.col("port_from").cast(pl.Int64) % step == base) & (pl.col("size") % step == 0)
    is_last = (pl.col("port_from").cast(pl.Int64) % step == base) & (pl.col("port_to") == _LAST_PORT)
    is_regular = is_placed | is_last
    regular = int(blocks.select(is_regular.sum()).item())
    odd = blocks.height - regular
    if regular < _LEAST_REGULAR or odd > _MOST_ODD * blocks.height:
        return rows["row"].head(0)
    return some.filter(~is_regular)["row"]
