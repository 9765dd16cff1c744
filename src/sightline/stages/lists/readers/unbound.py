"""Read the rules of an Unbound configuration that blocks flagged names: `local-zone: "name" always_nxdomain`.

unbound.conf(5): a local zone holds for its name and all below it, local data for its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from sightline.model import IndicatorKind
from sightline.stages.lists.model import RowBatch
from sightline.stages.lists.readers.hosts import is_nowhere
from sightline.stages.lists.readers.items import find_name_kind
from sightline.stages.lists.readers.line_rules import LineRule, NoRule, compile_usual_line, read_rules
from sightline.stages.lists.readers.lines import LineBatch, read_line_batches
from sightline.stages.lists.readers.usual_forms import UsualForms

_OPTION = re.compile(r"(local-zone|local-data|server|python|remote-control|view)\s*:")
_ZONE = re.compile(r"local-zone\s*:\s*(['\"]?)([^\s'\"]+)\1\s+(['\"]?)([a-z_]+)\3\s*(?:#.*)?")
_DATA = re.compile(r"local-data\s*:\s*(['\"])(\S+)\s+(?:[0-9]+\s+)?(?:IN\s+)?(\S+)\s*(\S*)[^'\"]*\1\s*(?:#.*)?", re.I)
_USUAL = compile_usual_line(
    r"""local-zone:[ \t]+"([A-Za-z0-9._-]+\.(?!(?i:onion|i2p)")[A-Za-z0-9-]+)"[ \t]+"""
    r'"?(?:always_nxdomain|always_null|always_refuse|static|redirect|refuse|deny)"?[ \t]*'
)
_SECTION = re.compile(r"[a-z-]+\s*:\s*(?:#.*)?")
_BLOCKS = frozenset({"deny", "refuse", "static", "redirect", "inform_deny", "inform_redirect"}) | frozenset(
    f"always_{how}" for how in ("refuse", "nxdomain", "nodata", "deny", "null")
)


def recognises(first_line: str) -> bool:
    """Return whether the line is a local zone, local data, or the begin of a section."""
    return _OPTION.match(first_line.strip()) is not None


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each zone that is answered with nothing, kind domain, and for each name, kind host."""
    rules = _Rules()
    return read_rules(batches, rules.read_line, _USUAL, remember=rules.remember_zone)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream, the names of usual lines many at once."""
    rules = _Rules()
    return read_rules(read_line_batches(stream), rules.read_line, _USUAL, remember=rules.remember_zone, forms=usual)


class _Rules:
    """The rules of one file. The data of a zone that is listed already gives no row of its own."""

    def __init__(self) -> None:
        self._zone = ""

    def remember_zone(self, name: str) -> None:
        """Take a zone that was listed without `read_line`."""
        self._zone = name.lower()

    def read_line(self, line: str) -> list[LineRule]:
        """Return what a line lists. Raises NoRule."""
        if not line or line[0] == "#" or _SECTION.fullmatch(line):
            return []
        if zone := _ZONE.fullmatch(line):
            if zone[4] not in _BLOCKS:
                raise NoRule(f"a zone of type {zone[4]} lets its names through, so it lists none")
            self._zone = zone[2].lower().rstrip(".")
            if not self._zone:
                raise NoRule("it holds for every name, so it lists none")
            return [LineRule(find_name_kind(zone[2], IndicatorKind.DOMAIN), zone[2].removeprefix("*."))]
        data = _DATA.fullmatch(line)
        if data is None:
            raise NoRule('neither local-zone: "NAME" TYPE nor local-data: "NAME A 0.0.0.0": it lists no name')
        if data[2].lower().rstrip(".") == self._zone:
            return []
        if data[3].upper() in {"A", "AAAA"} and not is_nowhere(data[4]):
            raise NoRule("the name is sent to a real address, not to 0.0.0.0, ::, 127.0.0.1 or ::1: this lists none")
        if data[3].upper() not in {"A", "AAAA"}:
            raise NoRule("only local data of type A or AAAA that leads nowhere lists a name")
        return [LineRule(find_name_kind(data[2], IndicatorKind.HOST), data[2])]
