"""Read the rules of an Adblock filter list that hold for whole hosts: `||name^`.

The syntax is that of Adblock Plus and AdGuard. A rule of a path, of parts of a page or under a condition is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from sightline.model import IndicatorKind, Opinion
from sightline.stages.lists.model import RowBatch
from sightline.stages.lists.readers.hosts import is_nowhere
from sightline.stages.lists.readers.items import find_name_kind
from sightline.stages.lists.readers.line_rules import LineRule, NoRule, compile_usual_line, read_rules
from sightline.stages.lists.readers.lines import LineBatch, read_line_batches
from sightline.stages.lists.readers.usual_forms import UsualForms

_USUAL = compile_usual_line(r"\|\|([A-Za-z0-9._-]+\.(?!(?i:onion|i2p)\^)[A-Za-z0-9-]+)\^")
_HOST_RULE = re.compile(r"(@@)?\|\|(?:\*\.)?([^/^$|*]+)\^\|?(?:\$(.*))?")
_BARE_HOST = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_OF_PAGE = re.compile(r"#[@?$%]*#")
_UNCONDITIONAL = frozenset({"", "all", "doc", "document", "important"})


def recognises(first_line: str) -> bool:
    """Return whether the line is the header of such a list, or a rule of a host."""
    line = first_line.strip()
    return line.startswith(("||", "@@||", "[Adblock", "[AdGuard", "[uBlock"))


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each rule of a host, kind domain. `@@` clears."""
    return read_rules(batches, _read_rules, _USUAL)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream, the names of usual lines many at once."""
    return read_rules(read_line_batches(stream), _read_rules, _USUAL, forms=usual)


def _read_rules(line: str) -> list[LineRule]:
    if not line or line[0] in "![" or line == "#" or line.startswith(("# ", "#!")):
        return []
    if _OF_PAGE.search(line):
        raise NoRule("the rule hides a part of a page, so it lists no site")
    if rule := _HOST_RULE.fullmatch(line):
        conditions = [part for part in (rule[3] or "").split(",") if part.strip() not in _UNCONDITIONAL]
        if conditions:
            raise NoRule(f"the rule holds under a condition ({conditions[0][:40]}): write ||NAME^ to list the site")
        opinion = Opinion.CLEARED if rule[1] else Opinion.FLAGGED
        return [LineRule(find_name_kind(rule[2], IndicatorKind.DOMAIN), rule[2], opinion)]
    words = line.partition("#")[0].split()
    if len(words) > 1 and is_nowhere(words[0]):
        return [LineRule(find_name_kind(name, IndicatorKind.HOST), name) for name in words[1:]]
    if len(words) == 1 and _BARE_HOST.fullmatch(words[0]):
        return [LineRule(find_name_kind(words[0], IndicatorKind.HOST), words[0])]
    raise NoRule("no rule of a whole site: write ||NAME^, or give the page in a CSV list as kind url or url-prefix")
