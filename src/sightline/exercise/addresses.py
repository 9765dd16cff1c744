"""Convert keys of addresses and networks (`networks`) to texts."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sightline.exercise.networks import V6

_OCTETS = pl.Series([str(number) for number in range(256)])
_GROUPS = pl.Series([f"{number:x}" for number in range(1 << 16)])
V6_TAIL = ":1::17"
"""The end of every line's IPv6 address: one machine for each line. It has its own longest run of zeros, whatever
precedes it.
"""


def format_address(key: str) -> pl.Expr:
    """Return the text of a key's address, in the form of RFC 5952."""
    expression = pl.col(key)
    parts = [(expression // (1 << shift)) % 256 for shift in (24, 16, 8, 0)]
    v4 = pl.concat_str([_look_up_texts(_OCTETS, part) for part in parts], separator=".")
    low = expression - V6
    v6 = pl.concat_str(
        pl.lit("2001:db8:"),
        _look_up_texts(_GROUPS, low // (1 << 16) % (1 << 16) + 1),
        pl.lit(":"),
        _look_up_texts(_GROUPS, low % (1 << 16)),
        pl.lit(V6_TAIL),
    )
    return pl.when(expression >= V6).then(v6).otherwise(v4)


def _look_up_texts(texts: pl.Series, place: pl.Expr) -> pl.Expr:
    return pl.lit(texts).gather(place.clip(0, len(texts) - 1))


def number_key(key: int) -> int:
    """Return the 128-bit number of the first address of a key, IPv4 as mapped."""
    if key < V6:
        return 0xFFFF << 32 | key
    low = key - V6
    return 0x20010DB8 << 96 | ((low >> 16) + 1) << 80 | (low & 0xFFFF) << 64


def cover_keys(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Return the networks that cover the keys from first to last.

    Each is the first key and the prefix length, of 32 or of 64.
    """
    while first <= last:
        bits = min((first & -first).bit_length() - 1 if first else 32, (last - first + 1).bit_length() - 1)
        yield first, (64 if first >= V6 else 32) - bits
        first += 1 << bits


def format_network(key: int, length: int) -> str:
    """Return the text of a network."""
    if key < V6:
        return f"{'.'.join(str(key >> shift & 255) for shift in (24, 16, 8, 0))}/{length}"
    low = key - V6
    return f"2001:db8:{(low >> 16) + 1:x}:{low & 0xFFFF:x}::/{length}"
