"""Serial numbers of days, as which a spreadsheet stores dates and times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from sightline.model import TipCode
from sightline.stages.tabular.table_rows import Unreadable

SERIAL_ZERO = {False: datetime(1899, 12, 30, tzinfo=UTC), True: datetime(1904, 1, 1, tzinfo=UTC)}
"""Day 0 of a workbook's serial numbers, by whether it counts from 1904. The dates are correct from March 1900 on."""

DAY_MS = 86_400_000
_STORED = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,20})?(?:[eE]-[0-9]{1,2})?|0?\.[0-9]{1,20}", re.ASCII)


def parse_serial(texts: list[str]) -> Decimal:
    """Return the days of a serial number, or the sum of two: of the day, and of the time in it. Raises Unreadable."""
    if not all(_STORED.fullmatch(text) for text in texts):
        raise Unreadable(TipCode.MANGLED_TIME)
    days = [Decimal(text) for text in texts]
    if len(days) > 1 and (days[0] % 1 or days[1] >= 1):
        raise Unreadable(TipCode.MANGLED_TIME)
    if days[0] < 1:
        raise Unreadable(TipCode.INCOMPLETE_TIME)
    if sum(days) >= 200_000:
        raise Unreadable(TipCode.BAD_TIME)
    return sum(days, Decimal(0))


def is_whole_minute(days: Decimal) -> bool:
    """Return whether a serial number is a full minute, to the millisecond."""
    return round(days * DAY_MS) % 60_000 == 0
