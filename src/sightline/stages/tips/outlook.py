"""Read the texts of a message that Outlook saved (`.msg`, MS-OXMSG): a compound file, a stream for each property."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import olefile

from sightline.errors import DamagedInput

_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_#"
_STREAM = "__substg1.0_{}"
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_HEADER_BYTES, _ENTRY = 32, struct.Struct("<IIQ")
_CODEPAGES = (0x3FDE0003, 0x3FFD0003)
"""Properties with the code page of the texts: that of the internet, else that of the message."""
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error, RecursionError)
HINT = "save it from Outlook once more, or type its connections"


@dataclass(frozen=True, slots=True)
class OutlookTexts:
    """The texts of a message, plain and HTML, and how many attachments it has. `is_rtf_only`: its text is neither."""

    plain: tuple[str, ...]
    html: tuple[str, ...]
    attachments: int
    is_rtf_only: bool


def read_outlook(content: bytes) -> OutlookTexts | None:
    """Return the texts of a message; None for a compound file of another program. Raises DamagedInput."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as file:
            if not file.exists(_PROPERTIES):
                return None
            numbers = _read_numbers(file.openstream(_PROPERTIES).read())
            plain, html = _read_texts(file, _BODY, numbers), _read_texts(file, _HTML, numbers)
            tops = {path[0] for path in file.listdir(streams=False, storages=True) if path}
            is_rtf = file.exists(_STREAM.format(f"{_RTF:04X}0102"))
    except _UNREADABLE:
        raise DamagedInput("a damaged message of Outlook", hint=HINT) from None
    attachments = sum(top.startswith(_ATTACHMENT) for top in tops)
    return OutlookTexts(plain, html, attachments, is_rtf and not plain and not html)


def _read_numbers(properties: bytes) -> Mapping[int, int]:
    """Return the values of fixed length by their tag."""
    entries = properties[_HEADER_BYTES:]
    whole = len(entries) - len(entries) % _ENTRY.size
    return {tag: value & 0xFFFFFFFF for tag, _, value in _ENTRY.iter_unpack(entries[:whole])}


def _read_texts(file: olefile.OleFileIO, number: int, numbers: Mapping[int, int]) -> tuple[str, ...]:
    """Return a property as text: it is stored as UTF-16, in the message's code page, or as bytes in that."""
    result = []
    for kind in ("001F", "001E", "0102"):
        name = _STREAM.format(f"{number:04X}{kind}")
        if file.exists(name):
            raw = file.openstream(name).read()
            result.append(
                raw.decode("utf-16-le" if kind == "001F" else _choose_encoding(numbers), "replace").rstrip("\0")
            )
    return tuple(text for text in result if text.strip())


def _choose_encoding(numbers: Mapping[int, int]) -> str:
    page = next((numbers[tag] for tag in _CODEPAGES if tag in numbers), 65001)
    name = {65001: "utf-8", 20127: "ascii", 1200: "utf-16-le"}.get(page)
    if name is None:
        name = f"iso8859-{page - 28590}" if 28591 <= page <= 28605 else f"cp{page}"
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name
