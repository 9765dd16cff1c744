"""Find times that a router itself marks as unsure in a log's first lines."""

from __future__ import annotations

import re

from sightline.stages.formats.program import Program

MARKED = re.compile(
    rb"(?:^|[ >])[*.](?=[A-Z][a-z]{2} [ 0-9][0-9] (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}[^%\n]{0,40}: %)"
)
"""A star (a clock that is not set) or a dot (one that is not in step) before the time of a message of Cisco IOS."""
PROGRAMS = frozenset({"cisco-ios-acl", "cisco-ios-nat"})
MARKED_NOTE = (
    "{count} of its first {lines} lines have a star or a dot before the time: the router marks its own clock so when it"
    " is not set, or does not agree with a time server, and then the time may be wrong by any amount. Compare the"
    " router's clock with another one, and declare what you measured (--clock-offset, --clock-uncertainty)"
)


def find_clock_notes(program: Program, first: bytes) -> list[str]:
    """Return what is to be said of the times in a log's first lines; empty if nothing."""
    if program.name not in PROGRAMS:
        return []
    lines = [line for line in first.split(b"\n") if line.strip()]
    count = sum(MARKED.search(line) is not None for line in lines)
    return [MARKED_NOTE.format(count=f"{count:,}", lines=f"{len(lines):,}")] if count else []
