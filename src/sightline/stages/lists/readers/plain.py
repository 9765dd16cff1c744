"""Read a plain text list: one value on each line, whose form determines its kind."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from itertools import count, repeat
from typing import BinaryIO

from sightline.model import IndicatorKind, RowCode
from sightline.stages.canonical import parse_address
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch
from sightline.stages.lists.readers.usual_forms import UsualForms
from sightline.stages.lists.readers.usual_lines import read_usual_lines

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_BYTE}\.){{3}}{_BYTE}")
_NAME_SIGNS = f"{string.ascii_letters}{string.digits}_.-\n".encode()
_FOLDED = bytes.maketrans(
    f"{string.ascii_uppercase}{string.digits}".encode(), f"{string.ascii_lowercase}{'0' * 10}".encode()
)
_OTHER_ENDS = (b"\n\n", b"0\n", b".onion\n", b".i0p\n")
"""No value, an address, and the hidden services, with digits as 0."""


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each value. `#` begins a comment at the start of a line or after white space."""
    return map(_read_lines, batches)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream. Lines of the usual form are found many at once."""
    return read_usual_lines(stream, usual.plain_rows, _read_lines, _read_line)


def _read_lines(batch: LineBatch) -> RowBatch:
    first, lines, rejects = batch
    if _holds_domains_only(lines):
        # Whole columns at once: Python's own loop takes half a microsecond for each of a million rows.
        columns = (repeat(str(IndicatorKind.DOMAIN)), lines, *(repeat("") for _ in range(6)))
        return RowBatch(list(zip(count(first), *columns, strict=False)), rejects)
    rows: list[Row] = []
    bad: list[RowReject] = []
    for number, line in enumerate(lines, first):
        result = _read_line(number, line)
        if isinstance(result, RowReject):
            bad.append(result)
        elif result is not None:
            rows.append(result)
    return RowBatch(rows, sorted(rejects + bad, key=lambda reject: reject.line))


def _read_line(number: int, line: str) -> Row | RowReject | None:
    words = line.split(None, 1)
    if not words or words[0][0] == "#":
        return None
    if len(words) > 1 and words[1][0] != "#":
        return RowReject(number, RowCode.BAD_SYNTAX, "more than one value on a line")
    return (number, find_value_kind(words[0]), words[0], "", "", "", "", "", "")


def _holds_domains_only(lines: list[str]) -> bool:
    """Return whether every line is a value, and of a form that only domains have."""
    if not lines:
        return False
    text = "\n".join(["", *lines, ""]).encode()
    if text.translate(None, _NAME_SIGNS):
        return False
    folded = text.translate(_FOLDED)
    return not any(end in folded for end in _OTHER_ENDS)


def find_value_kinds(values: list[str]) -> list[str]:
    """Return the kinds of values, by the form of each."""
    if _holds_domains_only(values):
        return [IndicatorKind.DOMAIN] * len(values)
    return [find_value_kind(value) for value in values]


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
