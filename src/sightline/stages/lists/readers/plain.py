"""Read a plain text list: one value on each line, whose form determines its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sightline.model import IndicatorKind, RowCode
from sightline.stages.canonical import parse_address
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_BYTE}\.){{3}}{_BYTE}")


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each value. `#` begins a comment at the start of a line or after white space."""
    for first, lines, rejects in batches:
        rows: list[Row] = []
        bad: list[RowReject] = []
        for number, line in enumerate(lines, first):
            words = line.split(None, 1)
            if not words or words[0][0] == "#":
                continue
            if len(words) > 1 and words[1][0] != "#":
                bad.append(RowReject(number, RowCode.BAD_SYNTAX, "more than one value on a line"))
                continue
            rows.append((number, find_value_kind(words[0]), words[0], "", "", "", "", "", ""))
        yield RowBatch(rows, sorted(rejects + bad, key=lambda reject: reject.line))


def find_value_kind(value: str) -> str:
    """Return the kind by the value's form: url, cidr, ip, onion, i2p, otherwise domain."""
    if "/" in value:
        network, _, bits = value.rpartition("/")
        return IndicatorKind.CIDR if bits.isdecimal() and parse_address(network) is not None else IndicatorKind.URL
    if "?" in value:
        return IndicatorKind.URL
    if (":" in value or value[-1:].isdecimal()) and _is_ip(value):
        return IndicatorKind.IP
    name = value.lower()
    if name.endswith(".onion"):
        return IndicatorKind.ONION
    return IndicatorKind.I2P if name.endswith(".i2p") else IndicatorKind.DOMAIN


def _is_ip(value: str) -> bool:
    """True for an address, alone or with a port after it."""
    if _IPV4.fullmatch(value) or parse_address(value) is not None:
        return True
    host, _, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        return port.isdecimal() and parse_address(host[1:-1]) is not None
    return port.isdecimal() and ":" not in host and parse_address(host) is not None
