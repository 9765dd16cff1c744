"""Read the rules of a dnsmasq configuration that blocks flagged names: `address=/name/#`.

dnsmasq(8): `address`, `local` and `server` hold for the domains between the slashes and all below them.
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

_OPTION = re.compile(r"(address|local|server)\s*=\s*/")
_COMMENT = re.compile(r"\s#.*$")
_USUAL = compile_usual_line(r"address=/([A-Za-z0-9._-]+\.(?!(?i:onion|i2p)/)[A-Za-z0-9-]+)/(?:#|0\.0\.0\.0|::)?")
_NOTHING = frozenset({"", "#"})


def recognises(first_line: str) -> bool:
    """Return whether the line is an option that names domains."""
    return _OPTION.match(first_line.strip()) is not None


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each domain that is answered with nothing: it flags the name and all below it."""
    return read_rules(batches, _read_rules, _USUAL)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream, the names of usual lines many at once."""
    return read_rules(read_line_batches(stream), _read_rules, _USUAL, forms=usual)


def _read_rules(line: str) -> list[LineRule]:
    if not line or line[0] == "#":
        return []
    line = _COMMENT.sub("", line).rstrip()
    option = _OPTION.match(line)
    if option is None:
        raise NoRule("no address=/NAME/, local=/NAME/ or server=/NAME/: an option of dnsmasq that lists no name")
    *names, target = line[option.end() :].split("/")
    if not names:
        raise NoRule("the name is not closed: write address=/NAME/#")
    if not _is_blocked(option[1], target):
        raise NoRule(
            f"{target[:40]!r} is a real server or address: only a name that is answered with nothing is listed"
            " (address=/NAME/#, address=/NAME/0.0.0.0, server=/NAME/)"
        )
    if any(name in _NOTHING for name in names):
        raise NoRule("it holds for every name, so it lists none")
    return [LineRule(find_name_kind(name, IndicatorKind.DOMAIN), name.removeprefix("*.")) for name in names]


def _is_blocked(option: str, target: str) -> bool:
    """Return whether queries get no real answer: NXDOMAIN, the null address, or one that leads nowhere."""
    if option == "address":
        return target in _NOTHING or bool(is_nowhere(target))
    return target == ""
