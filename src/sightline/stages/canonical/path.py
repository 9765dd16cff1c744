"""Canonicalise a path and a query: WHATWG, after decoding the escapes of unreserved characters. Works on bytes."""

from __future__ import annotations

import re
import string

_UNRESERVED = frozenset((string.ascii_letters + string.digits + "-._~").encode())
_HEX = frozenset(string.hexdigits.encode())
_PIECE = re.compile(rb"%[0-9A-Fa-f]{2}|%[0-9A-Fa-f]?|[^%]", re.DOTALL)
_PRINTABLE = frozenset(range(0x21, 0x7F))
_PATH = _PRINTABLE - frozenset(b'"#<>?^`{}')
"""Bytes that stay unchanged in a path (the complement of WHATWG's path percent-encode set)."""
_QUERY = _PRINTABLE - frozenset(b"\"#<>'")
"""Bytes that stay unchanged in a query of a special scheme."""


def clean_target(target: bytes) -> bytes:
    """Return a target as WHATWG cleans it: without controls and spaces at both ends, and without tab, CR and LF."""
    return target.strip(bytes(range(0x21))).translate(None, b"\t\r\n")


def split_path_and_query(raw: bytes) -> tuple[str, str | None]:
    """Return canonical path and query (None: none, or empty) of the text after the authority, fragment included.

    `raw` is cleaned and begins with a slash of either kind, `?` or `#`, or is empty.
    """
    raw_path, _, raw_query = raw.partition(b"#")[0].partition(b"?")
    segments: list[str] = []
    *inner, last = raw_path.replace(b"\\", b"/").removeprefix(b"/").split(b"/")
    for segment in (_rewrite_escapes(piece, _PATH) for piece in inner):
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    end = _rewrite_escapes(last, _PATH)
    if end == "..":
        del segments[-1:]
    segments.append("" if end in {".", ".."} else end)
    return "/" + "/".join(segments), _rewrite_escapes(raw_query, _QUERY) or None


def _rewrite_escapes(raw: bytes, stands: frozenset[int]) -> str:
    """Give the text with escapes of unreserved characters decoded, and escaped what cannot stand.

    An escaped hexadecimal digit right after an unfinished escape stays: decoding `%%354` to `%54` would make a new
    escape, and another page.
    """
    if b"%" not in raw and stands.issuperset(raw):
        return raw.decode("ascii")
    written: list[str] = []
    is_unfinished = False
    for piece in _PIECE.findall(raw):
        if len(piece) == 3:
            value = int(piece[1:], 16)
            is_decoded = value in _UNRESERVED and not (is_unfinished and value in _HEX)
            written.append(chr(value) if is_decoded else piece.decode("ascii"))
        else:
            written.append(piece.decode("ascii") if piece[0] in stands else f"%{piece[0]:02X}")
        is_unfinished = piece[0] == 0x25 and len(piece) < 3
    return "".join(written)
