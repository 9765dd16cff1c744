"""Rules that hold for the text of any cell, in tips and in replies.

Blanks, what spreadsheets show instead of a value, and what an address and its port look like.

`stages/tips/cell_values.py` and `stages/resolve/replies/cell_text.py` add their own rules for numbers, and say why.
"""

from __future__ import annotations

import re

from sightline.stages.canonical.address import Address, AddressClass, get_address_class

TEXT_LIMIT = 4096
"""Letters of a cell above which it is refused."""
ABSENT = frozenset({"", "-", "--", "n/a", "na", "none", "null", "unknown", "not available"})
"""Lowercase words that mark a missing value."""

_BLANKS = (
    " \t\r\n\u00a0\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
)
"""Blanks, and marks without width, which come with text that was copied from a telephone or a page."""
_UNDECODABLE = re.compile("[\ufffd\ud800-\udfff]")
_OVERFLOW = re.compile(r"#{2,}")
_ERROR = re.compile(r"#(?:REF|N/A|NAME|VALUE|DIV/0|NUM|NULL|SPILL|CALC|GETTING_DATA)[!?]?", re.ASCII)
_ENDPOINT = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([0-9]{1,6}))?", re.ASCII)
_NO_LINE = frozenset({AddressClass.LOOPBACK, AddressClass.LINK_LOCAL, AddressClass.MULTICAST, AddressClass.UNSPECIFIED})


def is_undecodable(text: str) -> bool:
    """Return whether bytes of the text were not in its encoding."""
    return not text.isascii() and _UNDECODABLE.search(text) is not None


def strip_blanks(text: str) -> str:
    """Return the text without surrounding blanks, no-break spaces and byte order marks."""
    return text.strip(_BLANKS)


def is_overflow(bare: str) -> bool:
    """Return whether a cell holds `####`, which a spreadsheet shows if a column is too narrow."""
    return _OVERFLOW.fullmatch(bare) is not None


def is_error(bare: str) -> bool:
    """Return whether a cell holds the error of a formula, such as `#REF!`."""
    return _ERROR.fullmatch(bare) is not None


def split_endpoint(text: str) -> tuple[str, str | None] | None:
    """Return address and port of `192.0.2.1:443`, `[2001:db8::1]:443`, or either without a port; else None."""
    match = _ENDPOINT.fullmatch(text)
    return None if match is None else (match[1] or match[2] or "", match[3])


def is_of_no_line(address: Address) -> bool:
    """Return whether an address can never be a subscriber's, such as loopback or broadcast."""
    return get_address_class(address) in _NO_LINE or str(address) == "255.255.255.255"
