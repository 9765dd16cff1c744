"""Pseudo-random numbers as a function of seed, purpose and row: without state, so that no order of work matters.

SplitMix64 (Steele, Lea, Flood 2014) over 64-bit columns; Polars wraps their products as the algorithm wants.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB


@dataclass(frozen=True, slots=True)
class Dice:
    """The random numbers of one seed.

    `on` names what a number belongs to: the same purpose on the same row gives the same.
    """

    seed: int

    def derive_salt(self, purpose: str) -> int:
        """Return the 64 bits for a purpose under this seed."""
        return int.from_bytes(hashlib.sha256(f"{self.seed} {purpose}".encode()).digest()[:8], "little")

    def draw_bits(self, purpose: str, *on: str | pl.Expr) -> pl.Expr:
        """Return 64 bits, unsigned."""
        state = _to_u64(self.derive_salt(purpose))
        for expression in on:
            column = pl.col(expression) if isinstance(expression, str) else expression
            state = _mix_state(state.xor(column.cast(pl.UInt64)) + _to_u64(_GOLDEN))
        return state

    def draw_unit(self, purpose: str, *on: str | pl.Expr) -> pl.Expr:
        """Return a number from 0 to below 1."""
        return (self.draw_bits(purpose, *on) // _to_u64(1 << 11)).cast(pl.Float64) / float(1 << 53)

    def draw_below(self, limit: int | pl.Expr, purpose: str, *on: str | pl.Expr) -> pl.Expr:
        """Return a whole number from 0 to below the limit."""
        return (self.draw_unit(purpose, *on) * limit).floor().cast(pl.Int64)

    def choose_position(self, shares: dict[str, float], purpose: str, *on: str | pl.Expr) -> pl.Expr:
        """Return the position of one of several, each as often as its share of their sum."""
        whole, sofar = sum(shares.values()), 0.0
        edges = []
        for share in list(shares.values())[:-1]:
            sofar += share / whole
            edges.append(sofar)
        thrown = self.draw_unit(purpose, *on)
        return pl.sum_horizontal([pl.lit(0, pl.Int64), *((thrown >= edge).cast(pl.Int64) for edge in edges)])

    def derive_bytes(self, purpose: str, length: int) -> bytes:
        """Return up to 64 bytes for a key or an identifier."""
        return hashlib.sha512(f"{self.seed} {purpose}".encode()).digest()[:length]

    def number(self, purpose: str, limit: int) -> int:
        """Return one whole number from 0 to below the limit, for values outside columns."""
        return self.derive_salt(purpose) * limit >> 64


def _to_u64(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)


def _mix_state(state: pl.Expr) -> pl.Expr:
    state = state.xor(state // _to_u64(1 << 30)) * _to_u64(_FIRST)
    state = state.xor(state // _to_u64(1 << 27)) * _to_u64(_SECOND)
    return state.xor(state // _to_u64(1 << 31))
