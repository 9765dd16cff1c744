"""Find a key of a web log that holds more addresses than the one that a format takes for the visitor's.

A server behind a proxy sees the proxy's address alone, and logs the visitor's under a key of its own choice: the name
of a header such as True-Client-IP. X-Forwarded-For, which such formats read, is the business of the notes on visitors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice

from sightline.stages.formats.program import Delimited, JsonFrame, KeyValue, MarkerHeader, Program
from sightline.stages.formats.unread_hosts import HeadObjects, Key

MAX_LINES = 200
ADDRESS = re.compile(r"\[?((?:\d{1,3}\.){3}\d{1,3}|(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45})\]?(?:%\w+)?")
"""An address without a port: the one of a server behind has one."""
WITH_PORT = re.compile(ADDRESS.pattern + r"(?::\d{1,5})?")
INSIDE = re.compile(
    r"10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|::1$"
)
"""Addresses of networks inside, as proxies have them."""
OF_SERVERS = re.compile(
    r"server|upstream|backend|dest|dst|local|node|pod|target|listen|resolved|answer|gateway|edge|nat|s-ip|peer", re.I
)
OF_VISITORS = re.compile(r"client|visitor|true|connecting|real|original|forwarded|xff|src|source|user", re.I)
SOURCES = frozenset({"source", "source_ip"})

Row = Mapping[Key, str]
"""The texts of a line by key; the name of a column is a key of one part."""


def find_unread_visitor_key(program: Program, head: bytes, objects: HeadObjects | None) -> str | None:
    """Return the key or column that a format does not read, and that may name the visitors; None if there is none.

    It holds an address in most of the first lines, and more different ones than the format takes for visitors; or any
    outside, where all that the format takes are inside. Only formats of web servers are looked at: firewalls' and
    proxies' lines hold further addresses by their nature, such as those behind translation. `objects`: of a JSON log.
    """
    if not _is_of_server(program):
        return None
    read, sources = _list_names(program)
    rows = objects.texts if objects else tuple(islice(_read_rows(program, head), MAX_LINES))
    rows = tuple(row for row in rows if row)
    visitors = {match[1] for row in rows for name in sources if (match := WITH_PORT.fullmatch(row.get(name, "")))}
    if not visitors:
        return None
    names = {".".join(name): name for row in rows for name in row if name not in read}
    return next((name for name, key in sorted(names.items()) if _may_name_visitors(key, rows, visitors)), None)


def _is_of_server(program: Program) -> bool:
    if any(rule.field == "forwarded" for rule in program.fields):
        return True
    split = program.split
    return isinstance(split, Delimited | JsonFrame | KeyValue) and split.set.get("record_kind") == "http-request"


def _may_name_visitors(key: Key, rows: tuple[Row, ...], visitors: set[str]) -> bool:
    if _is_of_servers(".".join(key)):
        return False
    addresses, others = [], 0
    for row in rows:
        match = ADDRESS.fullmatch(row.get(key, "").split(",", 1)[0].strip())
        if match and _is_address(match[1]):
            addresses.append(match[1])
        else:
            others += 1
            if others * 2 >= len(rows):
                return False
    outside = any(not INSIDE.match(address.lower()) for address in addresses)
    return len(set(addresses)) > len(visitors) or (outside and all(INSIDE.match(one.lower()) for one in visitors))


@lru_cache(maxsize=4096)
def _is_of_servers(name: str) -> bool:
    return OF_SERVERS.search(name) is not None and OF_VISITORS.search(name) is None


def _is_address(text: str) -> bool:
    from sightline.stages.canonical import parse_address  # noqa: PLC0415  - detection seldom needs it

    return parse_address(text.encode()) is not None


def _list_names(program: Program) -> tuple[set[Key], list[Key]]:
    """Return the keys or columns that a format takes, and those of its visitors."""
    split = program.split
    if isinstance(split, JsonFrame):
        pairs = [(path.path, path.slot) for path in split.paths]
    else:
        pairs = [((name,), slot) for name, slot in split.map.items()] if isinstance(split, Delimited | KeyValue) else []
    slots = {slot for rule in program.fields if rule.field in SOURCES for one in rule.choices for slot in one.slots}
    return {name for name, _ in pairs}, [name for name, slot in pairs if slot in slots]


def _read_rows(program: Program, head: bytes) -> Iterator[Row]:
    split = program.split
    if isinstance(split, Delimited) and isinstance(split.header, MarkerHeader):
        yield from _read_columns(head, split.header.marker, split.header.separator or split.separator, split.separator)
    elif isinstance(split, KeyValue) and not split.spaced and split.quote is None:
        for line in _split_lines(head):
            pairs = (pair.partition(split.equals) for pair in line.split(split.separator))
            yield {(key,): text for key, sign, text in pairs if sign}


def _read_columns(head: bytes, marker: str, between_names: str, separator: str) -> Iterator[Row]:
    names: list[Key] = []
    for line in _split_lines(head):
        _, is_header, header = line.partition(marker)
        if is_header:
            names = [(name,) for name in header.strip().split(between_names) if name]
        elif line and not line.startswith("#"):
            yield dict(zip(names, line.split(separator), strict=False))


def _split_lines(head: bytes) -> Iterator[str]:
    return (line.rstrip("\r") for line in head.decode("utf-8", "replace").split("\n", 2 * MAX_LINES)[: 2 * MAX_LINES])
