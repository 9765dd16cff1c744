"""Read a hosts file that blocks flagged names: `0.0.0.0 name [name...]`, each a host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import BinaryIO

from sightline.model import IndicatorKind
from sightline.stages.canonical import parse_address
from sightline.stages.lists.model import RowBatch
from sightline.stages.lists.readers.line_rules import LineRule, NoRule, compile_usual_line, read_rules
from sightline.stages.lists.readers.lines import LineBatch, read_line_batches
from sightline.stages.lists.readers.usual_forms import UsualForms

_NOWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 (nothing is bound)
_OWN_NAMES = frozenset(
    {"localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0"}  # noqa: S104 (nothing is bound)
    | {"ip6-localhost", "ip6-loopback", "ip6-localnet"}
    | {"ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts"}
)
"""The local names in every hosts file, which are no rows."""
_USUAL = compile_usual_line(
    rf"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)[ \t]+(?!(?i:{'|'.join(map(re.escape, sorted(_OWN_NAMES)))})\s*$)([^\s#]+)[ \t]*"
)


def recognises(first_line: str) -> bool:
    """Return whether the line begins with an address and a name follows."""
    words = first_line.split()
    return len(words) > 1 and words[1][0] != "#" and parse_address(words[0]) is not None


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each name, kind host, because a hosts file is about that name alone."""
    return read_rules(batches, _read_rules, _USUAL, IndicatorKind.HOST)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream, the names of usual lines many at once."""
    return read_rules(read_line_batches(stream), _read_rules, _USUAL, IndicatorKind.HOST, forms=usual)


def _read_rules(line: str) -> list[LineRule]:
    """Return what a line lists. Raises NoRule."""
    words = line.partition("#")[0].split()
    if not words:
        return []
    leads_nowhere = is_nowhere(words[0])
    if leads_nowhere is None:
        raise NoRule("the line does not begin with an address")
    if len(words) == 1:
        raise NoRule("an address without a name")
    names = [name for name in words[1:] if name.lower() not in _OWN_NAMES]
    if names and not leads_nowhere:
        raise NoRule(
            "the name is sent to a real address, not to 0.0.0.0, ::, 127.0.0.1 or ::1: this lists no flagged name"
        )
    return [LineRule(IndicatorKind.HOST, name) for name in names]


@lru_cache(maxsize=256)
def is_nowhere(text: str) -> bool | None:
    """Return whether the address leads nowhere; None if the text is no address. Cached: a file repeats a few."""
    target = parse_address(text)
    return None if target is None else target.is_loopback or str(target) in _NOWHERE
