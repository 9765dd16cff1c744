"""Find rows whose block of ports has not the size or the place of the others: a digit of it is wrong."""

from __future__ import annotations

import polars as pl

_LAST_PORT = 65_535
_LEAST_REGULAR, _MOST_ODD, _MOST_LARGE = 5, 0.25, 0.4
"""The minimum number of regular blocks, and the maximum part of others beside them, in which those are slips.

`_MOST_LARGE`: of blocks of twice the size, or more, that lie where a regular one may. Where more are so, the network
has blocks of several sizes, or the licensee writes neighbouring ones together.
"""
_LARGEST = (_LAST_PORT + 1) // 2
_BLOCK = ["ip", "port_from", "port_to"]


def find_odd_blocks(rows: pl.DataFrame) -> pl.Series:
    """Return the rows (`row`, `ip`, `port_from`, `port_to`, `destination_ip`) with a block of no regular size or place.

    A NAT gives blocks of one size, one behind the other (RFC 7422, section 2). One of several times the size may have
    been made of the size of another network, and then the ports of its second half are a neighbour's. What is left at
    the end of all ports is regular. A network with blocks of several sizes has no regular one.
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
    is_placed = pl.col("port_from").cast(pl.Int64) % step == base
    is_last = is_placed & (pl.col("port_to") == _LAST_PORT)
    is_regular = (is_placed & (pl.col("size") == step)) | is_last
    is_large = is_placed & (pl.col("size") % step == 0) & ~is_regular
    regular, large = (int(blocks.select(expression.sum()).item()) for expression in (is_regular, is_large))
    if regular < _LEAST_REGULAR:
        return rows["row"].head(0)
    odd_rows = [some["row"].head(0)]
    if blocks.height - regular - large <= _MOST_ODD * blocks.height:
        odd_rows.append(some.filter(~is_regular & ~is_large)["row"])
    if large <= _MOST_LARGE * blocks.height:
        odd_rows.append(some.filter(is_large)["row"])
    return pl.concat(odd_rows)
