"""Decode the text of a tip and keep the byte position of each character."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def detect_encoding(content: bytes) -> tuple[str, int]:
    """Return the encoding that the first bytes name or show, by default UTF-8, and the length of their mark."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name, len(mark)
    if len(content) > 1 and content[1] == 0 != content[0]:
        return "utf-16-le", 0
    if len(content) > 1 and content[0] == 0 != content[1]:
        return "utf-16-be", 0
    return "utf-8", 0


_HALF = "\udc00"
"""The placeholder for half a character at the end of UTF-16."""


class DecodedContent:
    """The text, with a lone surrogate for each invalid byte, and the mapping back to bytes."""

    def __init__(self, content: bytes) -> None:
        self._encoding, self._start = detect_encoding(content)
        self._errors = "surrogateescape" if self._encoding == "utf-8" else "surrogatepass"
        body = content[self._start :]
        if self._encoding == "utf-8":
            self.text = body.decode(self._encoding, self._errors)
        else:
            self.text = body[: len(body) // 2 * 2].decode(self._encoding, self._errors) + _HALF * (len(body) % 2)
        self._is_ascii = self._encoding == "utf-8" and self.text.isascii()
        self._at, self._bytes, self._size = 0, 0, len(content)

    def find_byte_offset(self, at: int) -> int:
        """Return the byte position of a character. Cheapest for ascending positions."""
        if self._is_ascii:
            return self._start + at
        if at < self._at:
            self._at, self._bytes = 0, 0
        self._bytes += len(self.text[self._at : at].encode(self._encoding, self._errors))
        self._at = at
        return min(self._start + self._bytes, self._size)
