"""Build zone tables: the offsets of a zone from 1970 to 2199, so that both engines read local times alike."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from sightline.stages.scan.options import ZoneTable

START_S = 0
END_S = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
STEP_S = 86400
"""Less than the time between any two changes of a zone that lead back to the same offset, as tests prove."""

FIXED = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)", re.ASCII)
NAME = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


@cache
def build_zone_table(text: str) -> ZoneTable:
    """Return the rows `(from_utc_s, offset_s)` of `Area/City`, `UTC`, `Z` or `+05:30`.

    The first applies from the beginning of time.

    Read from the tzdata package, never from the machine, so that the same version gives the same table everywhere.
    Raises ValueError, with a clear message, for any other text.
    """
    if text in {"UTC", "Z"}:
        return ((START_S, 0),)
    if fixed := FIXED.fullmatch(text):
        sign, hours, minutes = fixed.groups()
        return ((START_S, (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)),)
    content = _read_zone_file(text)
    zone = ZoneInfo.from_file(io.BytesIO(content), key=text)

    def offset_s(at_s: int) -> int:
        offset = datetime.fromtimestamp(at_s, zone).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0

    return ((START_S, offset_s(START_S)), *_list_changes(offset_s, _find_last_change_s(content)))


def _read_zone_file(name: str) -> bytes:
    """Return the file of the zone of that name in the tzdata package. Raises ValueError for any other name."""
    file = files("tzdata").joinpath("zoneinfo")
    if NAME.fullmatch(name):
        file = file.joinpath(*name.split("/"))
        if file.is_file():
            content = file.read_bytes()
            if content.startswith(b"TZif"):
                return content
    raise ValueError(f"{name!r} is no time zone: write Area/City as in the IANA data (Asia/Kolkata), or +05:30, or UTC")


def _find_last_change_s(content: bytes) -> int:
    """Return when a zone changes for the last time, or END_S where its last line has a rule (RFC 9636, 3.2).

    The file is two blocks, each a header of 44 bytes and its data, and a line. Files of version 1 have no second block.
    """
    if content[4:5] < b"2" or b"," in content.splitlines()[-1]:
        return END_S
    utc, standard, leaps, times, kinds, letters = struct.unpack_from(">6l", content, 20)
    second = 44 + times * 5 + kinds * 6 + letters + leaps * 8 + standard + utc
    count = struct.unpack_from(">l", content, second + 32)[0]
    return max(START_S, struct.unpack_from(">q", content, second + 44 + 8 * (count - 1))[0]) if count else START_S


def _list_changes(offset_s: Callable[[int], int], last_s: int) -> Iterator[tuple[int, int]]:
    """Yield every change of the offset up to the last one, by bisection within steps of a day."""
    before = offset_s(START_S)
    for step in range(START_S, min(END_S, last_s + 1), STEP_S):
        low, high = step, step + STEP_S
        after = offset_s(high)
        if after == before:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_s(middle) == before else (low, middle)
        yield high, after
        before = after
