"""Order the versions of a list: by the issuer's numbers, else by the time of signing."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from sightline.stages.lists.list_dates import parse_list_date

Order = tuple[int, int]
"""A comparable version of one series. Each instant is above each number, because an issuer may stop giving numbers."""

UNKNOWN: Order = (-1, 0)
"""The order of a signature without a comparable version: below all others."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_LONGEST_SERIES = 100


def parse_version_order(version: str | None) -> Order:
    """Return the order of a version in its series."""
    if version is None:
        return UNKNOWN
    if _NUMBER.fullmatch(version):
        return (0, int(version))
    try:
        return (1, parse_list_date(version)) if "T" in version else UNKNOWN
    except ValueError:
        return UNKNOWN


def require_number(text: str) -> str:
    """Return a version number as it is signed. Raises ValueError for an invalid one."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("a version is a whole number of at most 18 digits")
    return str(int(text))


def format_version(now: datetime) -> str:
    """Return the version of a list that is signed at an instant and has no number."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def normalise_series(name: str) -> str:
    """Return a series' name as it is signed and compared. Raises ValueError for an invalid one."""
    text = unicodedata.normalize("NFC", name)
    if not text or len(text) > _LONGEST_SERIES or text != text.strip() or ";" in text or not text.isprintable():
        raise ValueError(f"a series' name is printable text without `;`, at most {_LONGEST_SERIES} letters")
    return text


def derive_series(path: Path) -> str:
    """Return the series of a list whose signature has none: the stem of the file's name, as far as it is valid."""
    letters = "".join(letter for letter in path.stem if letter.isprintable() and letter != ";")
    return unicodedata.normalize("NFC", letters).strip()[:_LONGEST_SERIES].strip()
