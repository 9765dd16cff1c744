"""Rows that are of several ranges of ports or several addresses, as one row of text for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network

import polars as pl

from sightline.stages.resolve.reading.values import LAST_PORT, MOST_PORTS

_SEVERAL = r"[0-9] *[;,|] *[0-9]"
_RANGE = re.compile(r"[0-9]{1,5} ?(?:-|to) ?[0-9]{1,5}")
_SUBNET = r"^ *[0-9.]+/(?:2[6-9]|3[0-2]) *$"
_POOL = r"^ *[0-9.]+/(?:2[6-9]|3[01]) *$"
PORT_BITS = 16
MOST_RANGES = 4096
ALL_PORTS = f"1-{LAST_PORT}"


def spread(frame: pl.DataFrame, places: Mapping[str, int]) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """Return the frame with a row for each range of ports and each address that a row is of, and where fields are.

    A cell `1088-1091;40000-40003` has two ranges. A PSID with its offset and length has those of MAP (RFC 7597, 5.1). A
    prefix of IPv4 from /26 on has each of its addresses (but see `pools`). Spread rows keep their number.
    """
    if {"psid", "psid_offset", "psid_length"} <= places.keys() and "port" not in places:
        frame, places = _of_psids(frame, places)
    if "port" in places:
        name = f"c{places['port']}"
        if frame[name].str.contains(_SEVERAL).any():
            frame = _exploded(frame, name, ranges)
    if "ip" in places and frame[f"c{places['ip']}"].str.contains(_SUBNET).any():
        frame = _exploded(frame, f"c{places['ip']}", addresses)
    return frame, places


def pools(frame: pl.DataFrame, places: Mapping[str, int]) -> pl.Series:
    """Return the rows with a prefix of several addresses: one line's where it is static, else of many lines."""
    if "ip" not in places:
        return frame["row"].clear()
    return frame["row"].filter(frame[f"c{places['ip']}"].str.contains(_POOL).fill_null(value=False))


def _exploded(frame: pl.DataFrame, name: str, parts: Callable[[str], Sequence[str]]) -> pl.DataFrame:
    """The frame with a row for each part of the cells of a column."""
    distinct = frame[name].unique()
    table = pl.DataFrame({name: distinct, "part": [list(parts(text)) for text in distinct]})
    joined = frame.join(table, on=name, how="left", maintain_order="left").explode("part", empty_as_null=True)
    return joined.with_columns(pl.col("part").alias(name)).select(frame.columns)


def _of_psids(frame: pl.DataFrame, places: Mapping[str, int]) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """The frame with ranges of ports where PSIDs stood, a row for each; `?` of a PSID that is none."""
    names = [f"c{places[field]}" for field in ("psid", "psid_offset", "psid_length")]
    keys = frame.select(names).unique()
    sets = [_texts(map_ranges(*key)) for key in keys.iter_rows()]
    known = keys.with_columns(pl.Series("ports", sets, dtype=pl.List(pl.String)))
    joined = frame.join(known, on=names, how="left", maintain_order="left").explode("ports", empty_as_null=True)
    spread_out = joined.with_columns(pl.col("ports").alias(names[0])).select(frame.columns)
    others = {field: place for field, place in places.items() if not field.startswith("psid")}
    return spread_out, {**others, "port": places["psid"]}


def _texts(found: Sequence[tuple[int, int]]) -> list[str]:
    """Ranges as text; all ports for more than half of them, `?` for none."""
    if _count(found) > MOST_PORTS:
        return [ALL_PORTS]
    return [f"{low}-{high}" for low, high in found] or ["?"]


@lru_cache(maxsize=1 << 16)
def map_ranges(psid: str, offset: str, length: str) -> tuple[tuple[int, int], ...]:
    """Return the ranges of ports of a PSID (decimal, or hexadecimal behind `0x`); none where it is no PSID of these."""
    try:
        number, offset_bits, length_bits = int(psid.strip(), 0), int(offset), int(length)
    except ValueError:
        return ()
    low_bits = PORT_BITS - offset_bits - length_bits
    is_good = 0 <= offset_bits <= 15 and 0 <= length_bits <= PORT_BITS and low_bits >= 0
    if not is_good or not 0 <= number < 1 << length_bits or 1 << offset_bits > MOST_RANGES:
        return ()
    # With an offset, the ports below 2 ** (16 - offset) are nobody's; without one, all of them are.
    high = range(1, 1 << offset_bits) if offset_bits else range(1)
    firsts = [((one << length_bits) | number) << low_bits for one in high]
    return tuple((max(first, 1), first + (1 << low_bits) - 1) for first in firsts if first + (1 << low_bits) > 1)


@lru_cache(maxsize=1 << 16)
def ranges(text: str) -> tuple[str, ...]:
    """Return the ranges of a cell that has several; the cell alone where one of them is none.

    Between commas all must be ranges: `1,024` is one number that a spreadsheet mangled. Ranges that together are of
    more than half of all ports are one of all of them.
    """
    parts = [part.strip() for part in re.split("[;,|]", text)]
    is_good = all(_RANGE.fullmatch(part) for part in parts)
    if not is_good and "," not in text:
        is_good = all(_RANGE.fullmatch(part) or re.fullmatch("[0-9]{1,5}", part) for part in parts)
    if not is_good or len(parts) > MOST_RANGES:
        return (text,)
    ends = [[int(end) for end in re.findall("[0-9]+", part)] for part in parts]
    return tuple(parts) if _count((one[0], one[-1]) for one in ends) <= MOST_PORTS else (ALL_PORTS,)


def _count(found: Iterable[tuple[int, int]]) -> int:
    """How many ports are in some ranges, each counted once."""
    done, count = -1, 0
    for first, last in sorted(found):
        count += max(0, last - max(first, done + 1) + 1)
        done = max(done, last)
    return count


@lru_cache(maxsize=1 << 12)
def addresses(text: str) -> tuple[str, ...]:
    """Return the addresses of a prefix of IPv4 from /26 on; any other text alone."""
    if not re.fullmatch(r"[0-9.]{7,15}/(?:2[6-9]|3[0-2])", text.strip()):
        return (text,)
    try:
        return tuple(str(one) for one in IPv4Network(text.strip(), strict=False))
    except ValueError:
        return (text,)
