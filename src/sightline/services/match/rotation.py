"""Order rotated logs by name alone, oldest first. `docs/how-to/folders.md` explains the order."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TypeAlias

Natural: TypeAlias = tuple[tuple[int, int, bytes], ...]
"""A name as it is ordered: digits by their value first, the rest as bytes, in any locale."""


class Age(IntEnum):
    """The ways in which names of one series show their age, oldest kind first."""

    STAMPED = 0
    """A date, a time or a count of seconds: smaller is older."""
    COUNTED_UP = 1
    """A number before the extension: smaller is older."""
    NUMBERED = 2
    """A number at the end that grows with each rotation: greater is older."""
    LAST = 3
    """The newest of the old."""
    LIVE = 4
    """No mark: the current log, or one that was never rotated."""


PACKED = frozenset(b"gz bz2 xz lzma zst zstd zip tar tgz lz4 z".split())
"""Endings of packed files."""
DATE = rb"(?P<date>20\d\d(?P<between>[-_.]?)(?:0[1-9]|1[0-2])(?:(?P=between)(?:0[1-9]|[12]\d|3[01]))?)"
REST = rb"(?P<rest>(?:[-_.:+T]{0,2}\d)*)Z?"

FORMS: tuple[tuple[Age, str, bytes], ...] = (
    (
        Age.STAMPED,
        "AWS load balancers: 123456789012_elasticloadbalancing_eu-west-1_app.f_20261101T0005Z_192.0.2.1_4vmh5q7q.log",
        rb"(?P<front>\d{12}_elasticloadbalancing_.+)_" + DATE + REST + rb"_[\d.]+_\w+?(?P<tail>\.log)",
    ),
    (
        Age.STAMPED,
        "CloudFront: E2EXAMPLE.2026-11-01-00.a1b2c3d4",
        rb"(?P<front>[A-Z0-9]+)\." + DATE + REST + rb"\.[0-9a-f]{8}",
    ),
    (
        Age.STAMPED,
        "Cisco Umbrella, S3: 2026-11-01-00-10-3f2a.csv, 2026-11-01-00-12-34-3F2A3F2A3F2A3F2A",
        DATE + rb"(?P<rest>(?:-\d\d){2,3})-(?:[0-9a-f]{4}(?P<tail>\.csv)|[0-9A-F]{16})",
    ),
    (Age.STAMPED, "svlogd, multilog, s6-log: @400000006907e1a014a8b1c4.s", rb"@(?P<tai64n>[0-9a-f]{24})(?:\.[stu])?"),
    (
        Age.STAMPED,
        "IIS by day, hour, week or month: u_ex261101.log, ex26110113.log, nc2611.log",
        rb"(?i:(?P<front>(?:u_)?(?:ex|nc|in))(?P<iis>(?:\d\d){2,4})(?:_x)?(?P<tail>\.log))",
    ),
    (
        Age.COUNTED_UP,
        "IIS by size: u_extend12.log",
        rb"(?i:(?P<front>(?:u_)?(?:extend|ncsa|inetsv))(?P<up>\d+)(?P<tail>\.log))",
    ),
    (
        Age.STAMPED,
        "logrotate's dateext, cronolog, newsyslog, Tomcat, Caddy, Kubernetes, Zeek: access.log-20261101, "
        "access.2026-11-01.log, access-2026-11-01T00-00-00.000.log, 0.log.20261101-130000, app-2026-11-01.log.2",
        rb"(?P<front>.*?)[-_.]{0,2}(?<!\d)" + DATE + REST + rb"(?P<tail>\D.*?)?(?:\.(?P<more>\d{1,6}))?",
    ),
    (
        Age.STAMPED,
        "Zeek in a folder a day: http.00:00:00-01:00:00.log",
        rb"(?P<front>.+?)[._](?P<clock>\d\d[:.]\d\d[:.]\d\d)-\d\d[:.]\d\d[:.]\d\d(?P<tail>.*)",
    ),
    (
        Age.STAMPED,
        "rotatelogs, logrotate's %s; seconds, or milliseconds, since 1970: access_log.1700000000",
        rb"(?P<front>.+?)[-_.](?P<seconds>\d{9,10}|\d{13})(?P<tail>\D.*)?",
    ),
    (
        Age.NUMBERED,
        "logrotate, BIND, Squid, savelog, newsyslog, Suricata, Docker: access.log.12, query.log.0, eve.json.1",
        rb"(?!(?:\d+\.){3}\d+$)(?P<front>.+)\.(?P<down>\d{1,6})",
    ),
    (
        Age.COUNTED_UP,
        "log4j and others that count up before the extension: app.3.log",
        rb"(?P<front>.*[^\d.])\.(?P<up>\d{1,6})(?P<tail>\.[A-Za-z]\w*)",
    ),
    (Age.LAST, "by hand, or by programs that keep one: access.log.old", rb"(?P<front>.+?)(?:\.(?:old|prev|bak)|~)"),
    (Age.LIVE, "all others: access.log", rb"(?P<front>.+)"),
)
"""Forms of old logs' names, narrower ones first: `(age, who names so and how, the name without its packing)`."""


@cache
def compile_forms() -> tuple[tuple[Age, re.Pattern[bytes]], ...]:
    """Return the compiled forms. They are compiled for the first folder; a match on one log does not need them."""
    return tuple((age, re.compile(form, re.DOTALL)) for age, _, form in FORMS)


@dataclass(frozen=True, slots=True, order=True)
class RotationPlace:
    """The position of a log in its folder. Places sort from the oldest log of the first series on."""

    series: Natural
    series_bytes: bytes
    age: Age
    stamp: tuple[int, ...]
    is_packed: bool
    name: Natural
    name_bytes: bytes


def _strip_packing(name: bytes) -> bytes:
    """Return the name of a log without the endings of its packing."""
    stem, dot, ending = name.rpartition(b".")
    while dot and ending.lower() in PACKED:
        name = stem
        stem, dot, ending = name.rpartition(b".")
    return name


def find_place(name: bytes) -> RotationPlace:
    """Return the position of a log of this name in its folder."""
    plain = _strip_packing(name) or name
    for age, form in compile_forms():
        if match := form.fullmatch(plain):
            parts = match.groupdict(b"")
            series = _derive_series_name(parts)
            return RotationPlace(
                split_digits(series), series, age, _parse_stamp(parts), plain != name, split_digits(name), name
            )
    raise AssertionError("the last form takes every name that is not empty")


def build_path_key(path: tuple[bytes, ...]) -> tuple[tuple[int, Natural, bytes, RotationPlace | None], ...]:
    """Return the sort key of a path. A folder below sorts before the logs beside it: moved logs are older."""
    *folders, name = path
    below = [(0, split_digits(folder), folder, None) for folder in folders]
    return (*below, (1, (), b"", find_place(name)))


def split_digits(name: bytes) -> Natural:
    """Return a name with its digits as numbers: `a2` before `a10`."""
    pieces = re.findall(rb"\d+|\D+", name)
    return tuple((0, int(piece), b"") if piece[0] in b"0123456789" else (1, 0, piece) for piece in pieces)


def _derive_series_name(parts: dict[str, bytes]) -> bytes:
    """Return what all names of a series share: `access.log` of `access-20261101.log`, `current` of `@4000....s`."""
    if "tai64n" in parts:
        return b"current"
    front, tail = parts.get("front", b""), parts.get("tail", b"")
    return front + tail if front else tail.lstrip(b"-_.") or b"-"


def _parse_stamp(parts: dict[str, bytes]) -> tuple[int, ...]:
    """Return the numbers of the name that tell its age; smaller is older."""
    if "down" in parts:
        return (-int(parts["down"]),)
    if "up" in parts:
        return (int(parts["up"]),)
    if "tai64n" in parts:
        return (int(parts["tai64n"], 16),)
    if "iis" in parts:
        return tuple(map(int, re.findall(rb"\d\d", parts["iis"])))
    if "seconds" in parts:
        return _convert_to_utc(int(parts["seconds"]) // (1000 if len(parts["seconds"]) == 13 else 1))
    if "clock" in parts:
        return tuple(map(int, re.findall(rb"\d+", parts["clock"])))
    rest = parts.get("rest", b"") + b"." + parts.get("more", b"")
    return (*_parse_day(parts.get("date", b"")), *map(int, re.findall(rb"\d+", rest)))


def _parse_day(date: bytes) -> tuple[int, ...]:
    """Return year, month and day. A whole month has day 0."""
    digits = re.sub(rb"\D", b"", date)
    return (int(digits[:4]), int(digits[4:6]), int(digits[6:] or 0)) if digits else ()


def _convert_to_utc(seconds: int) -> tuple[int, ...]:
    """Return seconds since 1970 as a date and time, comparable with names that have those."""
    return time.gmtime(seconds)[:6]
