"""Assign source ports to port blocks of an address, where a statement gives their size and base."""

from __future__ import annotations

import polars as pl

BELOW_BASE = -2
"""The block of ports below the first block. They belong to no block, and are separate from visits without a port."""
_BASES = 1 << 16


def compute_block_columns() -> tuple[pl.Expr, pl.Expr]:
    """Return `block_ports` and `block_base` of an address, as an aggregate over its sessions (`nat_ports nat_base`).

    Null where no statement gives a size. Without a base, blocks begin at port 0. Where statements of several times
    differ, the longest block is taken, then the highest base.
    """
    size, base = pl.col("nat_ports").cast(pl.UInt64), pl.col("nat_base").cast(pl.UInt64).fill_null(0)
    key = (size * _BASES + base).filter(size > 0).max()
    return (key // _BASES).cast(pl.UInt32).alias("block_ports"), (key % _BASES).cast(pl.UInt32).alias("block_base")


def compute_block(port: str) -> pl.Expr:
    """Return the block (i32) of a port by `block_ports` and `block_base`, or null without a port or blocks."""
    size, base = pl.col("block_ports").cast(pl.Int32), pl.col("block_base").cast(pl.Int32)
    above = pl.col(port).cast(pl.Int32) - base
    return pl.when(above < 0).then(pl.lit(BELOW_BASE, pl.Int32)).otherwise(above // size)
