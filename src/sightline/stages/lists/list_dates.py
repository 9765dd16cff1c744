"""Parse dates of list rows and trusted comments to microseconds since 1970, UTC (`docs/adr/0004-lists.md`)."""

from __future__ import annotations

import re
from datetime import date

_DAY_US = 86_400_000_000
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6}))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9])))?"
)


def parse_list_date(text: str, *, whole_day: bool = False) -> int:
    """Return the instant of a text. A bare day is its 00:00, or with `whole_day` the next day's.

    Raises ValueError if it is no RFC 3339 date or instant with a zone, of the years 1970 to 9999.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("not a date (2025-01-31) or an instant with a zone (2025-01-31T18:00:00Z)")
    year, month, day, hour, minute, second, fraction, sign, offset_h, offset_min = match.groups()
    if int(year) < 1970:
        raise ValueError("a date before 1970")
    days = date(int(year), int(month), int(day)).toordinal() - date(1970, 1, 1).toordinal()
    if hour is None:
        return (days + whole_day) * _DAY_US
    offset_s = int(offset_h or 0) * 3600 + int(offset_min or 0) * 60
    if sign == "-" and not offset_s:
        raise ValueError("-00:00 says that the zone is not known")
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second) + (offset_s if sign == "-" else -offset_s)
    return days * _DAY_US + seconds * 1_000_000 + int((fraction or "").ljust(6, "0"))
