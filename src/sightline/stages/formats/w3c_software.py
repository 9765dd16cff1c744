"""Find a log in the W3C extended form that another program than IIS wrote, or whose header names a zone."""

from __future__ import annotations

import re

from sightline.stages.formats.program import Delimited, MarkerHeader, Program, Zone

OF_MICROSOFT = frozenset({"iis-w3c", "tmg-firewall", "tmg-proxy"})
"""Formats of Microsoft's programs, whose columns others have too."""
SOFTWARE = re.compile(rb"#Software:[ \t]*([^\r\n]{1,200})")
IN_UTC = re.compile(rb"Microsoft|Apache Tomcat", re.IGNORECASE)
"""Programs whose W3C logs are in UTC, by their documentation: IIS, HTTP.sys, Windows Media Services and Tomcat."""
MAX_SHOWN = 60
DATE = re.compile(rb"#(?:Start-)?Date:[ \t]*[0-9/-]{8,10}[ \t]+[0-9:.]{5,12}[ \t]*([^\s0-9:.][^\r\n]{0,200})")
"""The time in a header, with what follows it: by the W3C's draft it is in UTC, and nothing does."""
UTC = re.compile(rb"(?:Z|UTC|GMT|[+-]00:?00|[( ,)])*", re.IGNORECASE)


def find_other_software(name: str, head: bytes) -> str | None:
    """Return the program that a log names at `#Software:`, if the format `name` is of Microsoft and the program is not.

    Its times may be in the zone of the server, and those of Microsoft's are in UTC.
    """
    if name not in OF_MICROSOFT:
        return None
    programs = (match[1].decode("utf-8", "replace").strip() for match in SOFTWARE.finditer(head))
    return next((program[:MAX_SHOWN] for program in programs if not IN_UTC.match(program.encode())), None)


def find_header_zone(program: Program, head: bytes) -> str | None:
    """Return the zone that a header in the W3C form names beside its own time, if the format takes times for UTC.

    Such a proxy or server may write the times of its lines in that zone too.
    """
    split = program.split
    if not isinstance(split, Delimited) or not isinstance(split.header, MarkerHeader):
        return None
    times = next((rule.choices for rule in program.fields if rule.field == "timestamp"), ())
    if not any(choice.zone is Zone.UTC for choice in times):
        return None
    zones = (match[1].strip() for match in DATE.finditer(head))
    return next((zone[:MAX_SHOWN].decode("utf-8", "replace") for zone in zones if not UTC.fullmatch(zone)), None)
