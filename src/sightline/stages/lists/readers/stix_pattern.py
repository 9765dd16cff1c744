"""Parse STIX patterns that mean exactly a list of values, any one of which is enough (STIX 2.1, section 9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from sightline.model import IndicatorKind, RowCode
from sightline.stages.canonical import parse_address
from sightline.stages.lists.readers.items import UnreadableItem, find_name_kind, shorten_value

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\['\\])*')
  | (?P<mark>[][(),]|==?)
  | (?P<path>[A-Za-z][A-Za-z0-9-]*:[A-Za-z_][A-Za-z0-9_-]*(?:\.(?:[A-Za-z_][A-Za-z0-9_-]*|'[A-Za-z0-9_-]+')|\[\*\])*)
  | (?P<word>[A-Za-z]+(?![A-Za-z0-9-]))
  | (?P<number>[0-9.]+(?![A-Za-z0-9]))
  )""",
    re.VERBOSE,
)
_DEPTH_LIMIT = 32
_HASHES = {"MD5": 32, "SHA1": 40, "SHA256": 64}
_ADDRESSES = {"ipv4-addr:value": 4, "ipv6-addr:value": 6}

Token = tuple[str, str]
Flagged = tuple[IndicatorKind, str]


def parse_indicators(pattern: str) -> list[Flagged]:
    """Return the values that the pattern flags, in its order.

    Raises Unreadable if it means more or less than `a, or b, or c`.

    Supported are comparisons by `=` and `IN` of names, urls, addresses and file hashes, `ISSUBSET` of addresses, `OR`
    between comparisons and between observations, and parentheses.
    """
    parser = _Parser(_split_tokens(pattern))
    observations = list(parser.parse_observations())
    parser.end()
    return observations


def _split_tokens(pattern: str) -> list[Token]:
    tokens: list[Token] = []
    at, end = 0, len(pattern.rstrip())
    while at < end:
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise UnreadableItem(
                RowCode.UNKNOWN_KIND, f"{shorten_value(pattern[at:].lstrip())}: no indicator means this exactly"
            )
        tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at = tokens, 0

    def parse_observations(self, depth: int = 0) -> Iterator[Flagged]:
        """Parse `[...] OR [...]`, in parentheses or not."""
        yield from self._parse_alternatives(self._parse_observation, depth)

    def end(self) -> None:
        """Raise Unreadable if anything follows."""
        if self._at < len(self._tokens):
            self._refuse()

    def _parse_alternatives(self, one: Callable[[int], Iterator[Flagged]], depth: int) -> Iterator[Flagged]:
        if depth > _DEPTH_LIMIT:
            raise UnreadableItem(RowCode.BAD_SYNTAX, f"parentheses in a pattern deeper than {_DEPTH_LIMIT}")
        yield from one(depth + 1)
        while self._look_ahead() == "OR":
            self._take("OR")
            yield from one(depth + 1)

    def _parse_observation(self, depth: int) -> Iterator[Flagged]:
        if self._look_ahead() == "(":
            yield from self._parse_between("(", self.parse_observations(depth), ")")
        else:
            yield from self._parse_between("[", self._parse_alternatives(self._parse_comparison, depth), "]")

    def _parse_between(self, opening: str, inner: Iterator[Flagged], closing: str) -> Iterator[Flagged]:
        self._take(opening)
        yield from inner
        self._take(closing)

    def _parse_comparison(self, depth: int) -> Iterator[Flagged]:
        if self._look_ahead() == "(":
            yield from self._parse_between("(", self._parse_alternatives(self._parse_comparison, depth), ")")
            return
        path = self._take_group("path")
        operator = self._look_ahead()
        if operator in {"=", "=="} or (operator == "ISSUBSET" and path in _ADDRESSES):
            self._take(operator)
            yield _derive_indicator(path, self._take_text())
        elif operator == "IN":
            self._take(operator)
            yield from self._parse_between("(", self._parse_members(path), ")")
        else:
            self._refuse()

    def _parse_members(self, path: str) -> Iterator[Flagged]:
        yield _derive_indicator(path, self._take_text())
        while self._look_ahead() == ",":
            self._take(",")
            yield _derive_indicator(path, self._take_text())

    def _take_text(self) -> str:
        return re.sub(r"\\(.)", r"\1", self._take_group("text")[1:-1])

    def _look_ahead(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take_group(self, group: str) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != group:
            self._refuse()
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _take(self, word: str) -> None:
        if self._look_ahead() != word:
            self._refuse()
        self._at += 1

    def _refuse(self) -> NoReturn:
        """Raise Unreadable: a keyword of the language means what no indicator can, anything else is out of place."""
        if self._at >= len(self._tokens):
            raise UnreadableItem(RowCode.BAD_SYNTAX, "the pattern ends too early")
        group, text = self._tokens[self._at]
        if group == "word" and text.isupper() and text != "OR":
            raise UnreadableItem(RowCode.UNKNOWN_KIND, f"{text[:20]} in a pattern: no indicator means this exactly")
        raise UnreadableItem(RowCode.BAD_SYNTAX, f"{shorten_value(text)} in a pattern where it cannot stand")


def _derive_indicator(path: str, value: str) -> Flagged:
    """Return what `path = value` flags. Equality names that thing alone, so that a domain name is a host."""
    if path == "domain-name:value":
        return find_name_kind(value, IndicatorKind.HOST), value
    if path == "url:value":
        return IndicatorKind.URL, value
    if path in _ADDRESSES:
        return _read_network(value, _ADDRESSES[path])
    if path.startswith("file:hashes."):
        return _read_digest(path.removeprefix("file:hashes.").strip("'"), value)
    raise UnreadableItem(RowCode.UNKNOWN_KIND, f"{path[:60]}: no visit record and no manifest shows this")


def _read_network(value: str, version: int) -> Flagged:
    """An address object's value is an address, or a network in CIDR notation (STIX 2.1, sections 6.10 and 6.11)."""
    text, slash, bits = value.partition("/")
    ip = parse_address(text)
    if ip is None or ip.version != version or bool(slash) != bits.isdecimal():
        raise UnreadableItem(RowCode.BAD_VALUE, f"{shorten_value(value)} is no IPv{version} address or network")
    if not slash or bits == str(ip.max_prefixlen):
        return IndicatorKind.IP, text
    return IndicatorKind.CIDR, value


def _read_digest(algorithm: str, value: str) -> Flagged:
    length = _HASHES.get(algorithm.upper().replace("-", ""))
    if length is None:
        raise UnreadableItem(
            RowCode.UNKNOWN_KIND, f"{shorten_value(algorithm)}: file digests are MD5, SHA-1 and SHA-256"
        )
    if len(value) != length:
        raise UnreadableItem(RowCode.BAD_VALUE, f"{algorithm} has {length} hexadecimal digits")
    return IndicatorKind.FILE_DIGEST, value
