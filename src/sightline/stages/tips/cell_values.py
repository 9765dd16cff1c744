"""Parse single values of a tip strictly. A value that a spreadsheet mangled is refused, never repaired."""

from __future__ import annotations

import re

from sightline.model import TipCode
from sightline.stages.canonical.address import parse_address
from sightline.stages.tabular import cell_rules
from sightline.stages.tabular.cell_rules import ABSENT, TEXT_LIMIT
from sightline.stages.tabular.table_rows import Unreadable

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE]\+[0-9]+|[+-]?[0-9]+[.,][0-9]*[eE][+-]?[0-9]+", re.ASCII)
"""Unlike in replies, an exponent needs a sign or a fraction: `12e5` may be a name of a report, or the hex digits of a
digest."""
_QUAD_LIKE = re.compile(r"[0-9]+(?:\.[0-9]+){3}", re.ASCII)
_PORT = re.compile(r"[0-9]{1,6}", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[,. '][0-9]{3})+|[0-9]+[.,][0-9]*", re.ASCII)
"""Groups of three: tips come from abroad. Replies also group by two, as in India."""
_DIGEST_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "infohash": 40, "ed2k": 32}


def strip_text(text: str) -> str:
    """Return the text without surrounding blanks. Raises Unreadable for invalid text, or the display of a full cell."""
    if len(text) > TEXT_LIMIT:
        raise Unreadable(TipCode.VALUE_TOO_LONG)
    if cell_rules.is_undecodable(text):
        raise Unreadable(TipCode.NOT_UTF8)
    bare = cell_rules.strip_blanks(text)
    if cell_rules.is_overflow(bare):
        raise Unreadable(TipCode.OVERFLOW_CELL)
    if cell_rules.is_error(bare):
        raise Unreadable(TipCode.ERROR_CELL)
    return bare


def clean_text(text: str | None) -> str | None:
    """Return the clean text, or None if the tip marks the value as missing."""
    bare = strip_text(text or "")
    return None if bare.lower() in ABSENT else bare


def parse_endpoint(text: str, port_text: str | None = None) -> tuple[str, int | None]:
    """Return the canonical address, and the port if it is in `text` or in `port_text`. Raises Unreadable."""
    if _NUMBER.fullmatch(text) and not _QUAD_LIKE.fullmatch(text):
        raise Unreadable(TipCode.MANGLED_ADDRESS)
    ip, own_port = parse_address(text), None
    if ip is None and (parts := cell_rules.split_endpoint(text)):
        ip, own_port = parse_address(parts[0]), parts[1]
    if ip is None:
        raise Unreadable(TipCode.BAD_ADDRESS)
    if cell_rules.is_of_no_line(ip):
        raise Unreadable(TipCode.ADDRESS_OF_NO_LINE)
    ports = {parse_port(text) for text in (own_port, port_text) if text is not None}
    if len(ports) > 1:
        raise Unreadable(TipCode.BAD_PORT)
    return str(ip), ports.pop() if ports else None


def parse_port(text: str) -> int:
    """Return the port, 1 to 65535. Raises Unreadable."""
    if _SCIENTIFIC.fullmatch(text) or _GROUPED.fullmatch(text):
        raise Unreadable(TipCode.MANGLED_NUMBER)
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise Unreadable(TipCode.BAD_PORT)
    return int(text)


def parse_count(text: str) -> int:
    """Return a number of bytes. Raises Unreadable."""
    if _SCIENTIFIC.fullmatch(text) or _GROUPED.fullmatch(text):
        raise Unreadable(TipCode.MANGLED_NUMBER)
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise Unreadable(TipCode.BAD_VALUE)
    return int(text)


def is_mangled_name(text: str, *, is_number: bool) -> bool:
    """Return whether a spreadsheet changed a name or number of a report: `1.23E+11`, or more than 15 digits."""
    return bool(_SCIENTIFIC.fullmatch(text)) or (is_number and not re.fullmatch(r"[0-9]{1,15}", text, re.ASCII))


def parse_digest(kind: str, text: str) -> tuple[str, str]:
    """Return the kind and the digest in lower case. The kind `digest` requires an unambiguous length.

    32 digits may be MD5 or eD2k, 40 SHA-1 or the infohash of a torrent. Raises Unreadable.
    """
    bare = re.sub(r"^(?:urn:)?(?:md5|sha1|sha256|sha-1|sha-256|btih):", "", text, flags=re.IGNORECASE)
    if _SCIENTIFIC.fullmatch(bare):
        raise Unreadable(TipCode.MANGLED_NUMBER)
    if not re.fullmatch(r"[0-9A-Fa-f]+", bare, re.ASCII):
        raise Unreadable(TipCode.BAD_DIGEST)
    if kind == "digest":
        if len(bare) in {32, 40}:
            raise Unreadable(TipCode.AMBIGUOUS_DIGEST)
        kind = "sha256"
    if len(bare) != _DIGEST_DIGITS[kind]:
        raise Unreadable(TipCode.BAD_DIGEST)
    return kind, bare.lower()


def parse_yes(text: str) -> bool:
    """Return a yes or no. Raises Unreadable for any other word."""
    word = text.lower()
    if word in {"true", "1", "yes", "y"}:
        return True
    if word in {"false", "0", "no", "n"}:
        return False
    raise Unreadable(TipCode.BAD_VALUE)
