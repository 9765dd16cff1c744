"""Detect what comes before a record: a prefix of syslog or of a container, or a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.stages.formats.draft.proposal import format_time_rule
from sightline.stages.formats.draft.shapes import KEY, MOST
from sightline.stages.formats.draft.time_detection import MONTH, TIME, find_layouts

PADDED = rf"{MONTH} [ \d]\d \d\d:\d\d:\d\d"
SYSLOG = rf"{MONTH} [ \d]?\d \d\d:\d\d:\d\d"
"""A day of one digit has two blanks before it, or one, as some collectors write it."""
PREFIXES = {
    rf"<\d+>{SYSLOG} (?:\S+ )?\S+: ": "syslog-rfc3164",
    rf"{SYSLOG} (?:\S+ )?\S+: ": "syslog-rfc3164",
    rf"<\d+>{PADDED} (?![\d.]+ )[\w.-]+ (?=[^\s:]+[,=])": "<%{:number}>%{syslog_time:15} %{:word} ",
    rf"{PADDED} (?![\d.]+ )[\w.-]+ (?=[^\s:]+[,=])": "%{syslog_time:15} %{:word} ",
    r"<\d+>1 \S+ \S+ \S+ \S+ \S+ (?:- +|\[[^\]]*\] )": "syslog-rfc5424",
    r"\d{4}-\d\d-\d\dT\S+ [^\s\"\[{]+ [^\s\"\[{=]+: ": "syslog-iso",
    r"\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) F ": "container",
    r"<\d+>": "<%{:number}>",
}
"""The possible prefixes, and their names in a format file."""


SYSLOG_TIME = '{ from = "syslog_time", layouts = ["%b %e %H:%M:%S", "%Y-%m-%d%t%H:%M:%S%F%Z"], zone = "declared" }'
ZONED_TIME = '{ from = "syslog_time", layouts = "%Y-%m-%d%t%H:%M:%S%F%z" }'
"""Where every line says its zone, it is not asked about."""
ZONED = re.compile(r"[0-9-]{10}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})")
BEFORE = re.compile(
    rf"([^\"={{}}]{{0,40}}?)(?<![\w.-])({TIME})([^\w\"{{\[<]*[ \t\])>:|,])"
    rf"((?:[^\s=\"{{|,;]+ )*?)(?={KEY.pattern}=|{{)"
)
"""A few words, the time, a few words, up to a key or an object."""
MOST_PATTERNS = 4
PIECE = "log_time"
"""The name of the time before a record, which may have a time of its own."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix: its name or patterns for the file, the choice of a time in it, and the lines without it."""

    names: tuple[str, ...]
    time: str | None
    bodies: tuple[str, ...]


def find_prefix(lines: Sequence[str]) -> Prefix | None:
    """Return the prefix that most lines share and that a file can name, or None."""
    for pattern, name in PREFIXES.items():
        matches = [re.match(pattern, line) for line in lines]
        if sum(match is not None for match in matches) >= MOST * len(lines):
            bodies = tuple(line[match.end() :] for match, line in zip(matches, lines, strict=True) if match)
            return Prefix((name,), _choose_syslog_time(lines) if "syslog" in name else None, bodies)
    return None


def _choose_syslog_time(lines: Sequence[str]) -> str:
    return ZONED_TIME if all(ZONED.search(line) for line in lines) else SYSLOG_TIME


def find_time_before(lines: Sequence[str]) -> Prefix | None:
    """Return the time at the beginning of most lines, a few words before it, as prefixes of their own, or None."""
    result = [BEFORE.match(line) for line in lines]
    matches = [match for match in result if match is not None and "%" not in match[0]]
    layouts = find_layouts(match[2] for match in matches)
    patterns = Counter(_build_pattern(match) for match in matches)
    if len(matches) < MOST * len(lines) or not layouts or len(patterns) > MOST_PATTERNS:
        return None
    bodies = tuple(line[match.end() :] for match, line in zip(result, lines, strict=True) if match is not None)
    return Prefix(tuple(patterns), format_time_rule((PIECE,), layouts), bodies)


def _build_pattern(match: re.Match[str]) -> str:
    before = re.sub(r"[^\s\[\](){}<>|,;]+", "%{:word}", match[1])
    behind = re.sub(r"\S+", "%{:word}", match[4])
    return f"{before}%{{{PIECE}:{len(match[2])}}}{match[3]}{behind}"
