"""Spread rows with several ranges of ports or several addresses into one row of text for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network

import polars as pl

from sightline.stages.resolve.replies.address_values import LAST_PORT, MOST_PORTS

_SEVERAL = r"[0-9] *[;,|] *[0-9]"
_RANGE = re.compile(r"[0-9]{1,5} ?(?:-|to) ?[0-9]{1,5}")
_SUBNET = r"^ *[0-9.]+/(?:2[6-9]|3[0-2]) *$"
_POOL = r"^ *[0-9.]+/(?:2[6-9]|3[01]) *$"
PORT_BITS = 16
MOST_RANGES = 4096
ALL_PORTS = f"1-{LAST_PORT}"


def spread_ranges(frame: pl.DataFrame, places: Mapping[str, int]) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """Return the frame with a row for each range of ports and each address of a row, and the places of fields.

    A cell `1088-1091;40000-40003` has two ranges. A PSID with its offset and length has those of MAP (RFC 7597, 5.1). A
    prefix of IPv4 from /26 on has each of its addresses (but see `split_pools`). Spread rows keep their number.
    """
    if {"psid", "psid_offset", "psid_length"} <= places.keys() and "port" not in places:
        frame, places = _spread_psids(frame, places)
    if "port" in places:
        name = f"c{places['port']}"
        if frame[name].str.contains(_SEVERAL).any():
            frame = _explode_column(frame, name, split_ranges)
    if "ip" in places and _select_with_slash(frame[f"c{places['ip']}"]).str.contains(_SUBNET).any():
        frame = _explode_column(frame, f"c{places['ip']}", expand_prefix)
    return frame, places


def split_pools(frame: pl.DataFrame, places: Mapping[str, int]) -> pl.Series:
    """Return the rows with a prefix of several addresses: one line's if it is static, else many lines'."""
    if "ip" not in places:
        return frame["row"].clear()
    name = f"c{places['ip']}"
    if _select_with_slash(frame[name]).is_empty():
        return frame["row"].clear()
    return frame["row"].filter(frame[name].str.contains(_POOL).fill_null(value=False))


def _select_with_slash(texts: pl.Series) -> pl.Series:
    """The texts that may be a prefix: in most files none is."""
    return texts.filter(texts.str.contains("/", literal=True))


def add_last_ports(frame: pl.DataFrame, first: int, count: int, name: str) -> pl.DataFrame:
    """Return the frame with a column of text: the last port of blocks that stand as their first port and their size.

    `first`, `count`: the columns of both. A cell that is no whole number gives none.
    """
    port, size = (
        pl.col(f"c{at}").str.strip_chars(" '").str.extract("^([0-9]{1,5})$").cast(pl.Int64) for at in (first, count)
    )
    return frame.with_columns((port + size - 1).cast(pl.String).fill_null("").alias(name))


_RANGE_BEHIND = (
    r"(?i)^[\s']*([0-9]{1,3}(?:\.[0-9]{1,3}){3})[\s:;,(\[]+(?:ports? ?[:=]? ?)?"
    r"([0-9]{1,5}) ?(?:-|\x{2013}|to|~) ?([0-9]{1,5})[\s)\]]*$"
)
"""An address and its range of ports in one cell: `203.0.113.7:1024-2047`."""


def has_ranges_behind(texts: pl.Series) -> bool:
    """Return whether a column of addresses has ranges of ports behind them."""
    return bool(texts.str.contains(_RANGE_BEHIND).any())


def split_ranges_behind(frame: pl.DataFrame, at: int, first: str, last: str) -> pl.DataFrame:
    """Return the frame with the ranges behind the addresses of a column in two columns of their own.

    A cell that has none keeps its text.
    """
    text = pl.col(f"c{at}")
    parts = [text.str.extract(_RANGE_BEHIND, group) for group in (1, 2, 3)]
    return frame.with_columns(
        pl.coalesce(parts[0], text).alias(f"c{at}"),
        *(part.fill_null("").alias(name) for part, name in zip(parts[1:], (first, last), strict=True)),
    )


def _explode_column(frame: pl.DataFrame, name: str, parts: Callable[[str], Sequence[str]]) -> pl.DataFrame:
    """The frame with a row for each part of the cells of a column."""
    distinct = frame[name].unique()
    table = pl.DataFrame({name: distinct, "part": [list(parts(text)) for text in distinct]})
    joined = frame.join(table, on=name, how="left", maintain_order="left").explode("part", empty_as_null=True)
    return joined.with_columns(pl.col("part").alias(name)).select(frame.columns)


def _spread_psids(frame: pl.DataFrame, places: Mapping[str, int]) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """The frame with ranges of ports where PSIDs stood, a row for each; `?` of a PSID that is none."""
    names = [f"c{places[field]}" for field in ("psid", "psid_offset", "psid_length")]
    keys = frame.select(names).unique()
    sets = [_format_port_ranges(map_ranges(*key)) for key in keys.iter_rows()]
    rows = keys.with_columns(pl.Series("ports", sets, dtype=pl.List(pl.String)))
    joined = frame.join(rows, on=names, how="left", maintain_order="left").explode("ports", empty_as_null=True)
    spread_out = joined.with_columns(pl.col("ports").alias(names[0])).select(frame.columns)
    others = {field: place for field, place in places.items() if not field.startswith("psid")}
    return spread_out, {**others, "port": places["psid"]}


_RULE = ("rule_ip6", "rule_ip4", "ea_bits")
_PREFIXES = ("framed_prefix", "delegated_prefix", "ip")
USUAL_OFFSET = "6"
"""The default number of offset bits of PSIDs (RFC 7597, 5.1)."""


def has_rules(places: Mapping[str, int]) -> bool:
    """Return whether each row has the MAP rule by which its prefix gives an IPv4 address and ports."""
    return places.keys() >= {*_RULE} and any(prefix in places for prefix in _PREFIXES)


def apply_rules(frame: pl.DataFrame, places: Mapping[str, int]) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """Return the frame with the public address and ports that each row's rule gives, a row for each range.

    `?` marks a prefix outside its rule.
    """
    prefix = f"c{next(places[prefix] for prefix in _PREFIXES if prefix in places)}"
    names = [prefix, *(f"c{places[column]}" for column in _RULE)]
    offset = f"c{places['psid_offset']}" if "psid_offset" in places else None
    keys = frame.select(*names, *([offset] if offset else [])).unique(maintain_order=True)
    result = [map_address(*(row if offset else (*row, USUAL_OFFSET))) for row in keys.iter_rows()]
    rows = keys.with_columns(
        pl.Series("of_rule", [ip for ip, _ in result], dtype=pl.String),
        pl.Series("ports", [_format_port_ranges(some) for _, some in result], dtype=pl.List(pl.String)),
    )
    joined = frame.join(rows, on=keys.columns, how="left", maintain_order="left").explode("ports", empty_as_null=True)
    at_ip, at_port = (places[column] for column in _RULE[1:])
    rule_rows = joined.with_columns(pl.col("of_rule").alias(f"c{at_ip}"), pl.col("ports").alias(f"c{at_port}"))
    others = {field: at for field, at in places.items() if field not in {*_RULE, *_PREFIXES, "psid_offset"}}
    return rule_rows.select(frame.columns), {**others, "ip": at_ip, "port": at_port}


def without_rules(places: Mapping[str, int]) -> Mapping[str, int]:
    """Return the places of the fields without those of a rule: the rest is about the prefix itself."""
    return {field: at for field, at in places.items() if field not in {*_RULE, "psid_offset"}}


@lru_cache(maxsize=1 << 16)
def map_address(
    prefix: str, rule_ip6: str, rule_ip4: str, ea_bits: str, offset: str
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the IPv4 address and port ranges of an end-user prefix by a rule (RFC 7597, 5.2).

    Return `?` and no ports if the prefix is outside the rule, or the rule gives a whole prefix of IPv4.
    """
    nothing: tuple[str, tuple[tuple[int, int], ...]] = ("?", ())
    try:
        mine, six = IPv6Network(prefix.strip(), strict=False), IPv6Network(rule_ip6.strip(), strict=False)
        four, bits = IPv4Network(rule_ip4.strip(), strict=False), int(ea_bits)
    except ValueError:
        return nothing
    psid_bits = bits - (32 - four.prefixlen)
    if not mine.subnet_of(six) or mine.prefixlen < six.prefixlen + bits or not 0 <= psid_bits <= PORT_BITS:
        return nothing
    embedded = (int(mine.network_address) >> (128 - six.prefixlen - bits)) & ((1 << bits) - 1)
    ip = str(four.network_address + (embedded >> psid_bits))
    if not psid_bits:
        return ip, ((1, LAST_PORT),)
    return ip, map_ranges(str(embedded & ((1 << psid_bits) - 1)), offset, str(psid_bits))


def join_lengths(frame: pl.DataFrame, places: Mapping[str, int]) -> pl.DataFrame:
    """Return the frame with IPv6 prefixes as one text where their length is in a column of its own.

    `?` marks two different lengths.
    """
    name = f"c{places['prefix_length']}"
    length = pl.col(name).str.strip_chars().str.strip_prefix("/")
    is_length = length.str.contains("^[0-9]{1,3}$")
    length_columns = []
    for field in ("framed_prefix", "delegated_prefix", "ip"):
        if field not in places or (field == "ip" and {"framed_prefix", "delegated_prefix"} & places.keys()):
            continue
        text = pl.col(f"c{places[field]}").str.strip_chars()
        bare = text.str.contains(":", literal=True) & ~text.str.contains("/", literal=True) & is_length
        differs = (text.str.extract("/([0-9]+)$") != length) & is_length
        whole = pl.when(bare).then(pl.concat_str(text, pl.lit("/"), length)).when(differs).then(pl.lit("?"))
        length_columns.append(whole.otherwise(f"c{places[field]}").alias(f"c{places[field]}"))
    return frame.with_columns(length_columns)


def _format_port_ranges(port_ranges: Sequence[tuple[int, int]]) -> list[str]:
    """Ranges as text; all ports for more than half of them, `?` for none."""
    if _count_ports(port_ranges) > MOST_PORTS:
        return [ALL_PORTS]
    return [f"{low}-{high}" for low, high in port_ranges] or ["?"]


@lru_cache(maxsize=1 << 16)
def map_ranges(psid: str, offset: str, length: str) -> tuple[tuple[int, int], ...]:
    """Return the port ranges of a PSID (decimal, or hexadecimal after `0x`); none if it is not a valid PSID."""
    try:
        number, offset_bits, length_bits = int(psid.strip(), 0), int(offset), int(length)
    except ValueError:
        return ()
    low_bits = PORT_BITS - offset_bits - length_bits
    is_good = 0 <= offset_bits <= 15 and 0 <= length_bits <= PORT_BITS and low_bits >= 0
    if not is_good or not 0 <= number < 1 << length_bits or 1 << offset_bits > MOST_RANGES:
        return ()
    # With an offset, the ports below 2 ** (16 - offset) belong to nobody; without one, all belong to somebody.
    high = range(1, 1 << offset_bits) if offset_bits else range(1)
    firsts = [((high_bits << length_bits) | number) << low_bits for high_bits in high]
    return tuple((max(first, 1), first + (1 << low_bits) - 1) for first in firsts if first + (1 << low_bits) > 1)


@lru_cache(maxsize=1 << 16)
def split_ranges(text: str) -> tuple[str, ...]:
    """Return the ranges of a cell that has several, or the cell alone if one of them is no range.

    Between commas all must be ranges: `1,024` is one number that a spreadsheet mangled. Ranges that together cover more
    than half of all ports become one range of all ports.
    """
    parts = [part.strip() for part in re.split("[;,|]", text)]
    is_good = all(_RANGE.fullmatch(part) for part in parts)
    if not is_good and "," not in text:
        is_good = all(_RANGE.fullmatch(part) or re.fullmatch("[0-9]{1,5}", part) for part in parts)
    if not is_good or len(parts) > MOST_RANGES:
        return (text,)
    ends = [[int(end) for end in re.findall("[0-9]+", part)] for part in parts]
    return tuple(parts) if _count_ports((end[0], end[-1]) for end in ends) <= MOST_PORTS else (ALL_PORTS,)


def _count_ports(port_ranges: Iterable[tuple[int, int]]) -> int:
    """How many ports are in some ranges, each counted once."""
    done, count = -1, 0
    for first, last in sorted(port_ranges):
        count += max(0, last - max(first, done + 1) + 1)
        done = max(done, last)
    return count


@lru_cache(maxsize=1 << 12)
def expand_prefix(text: str) -> tuple[str, ...]:
    """Return the addresses of an IPv4 prefix from /26 on, or any other text alone.

    One with bits behind its length is the address of a device with the length of its network: that address alone.
    """
    if not re.fullmatch(r"[0-9.]{7,15}/(?:2[6-9]|3[0-2])", text.strip()):
        return (text,)
    try:
        own, network = text.strip().partition("/")[0], IPv4Network(text.strip(), strict=False)
        return tuple(map(str, network)) if str(network.network_address) == own else (own,)
    except ValueError:
        return (text,)
