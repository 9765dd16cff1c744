"""Read a response policy zone: the names that a resolver blocks, by the owner names of its records.

Based on the DNS RPZ draft (draft-vixie-dnsop-dns-rpz-00) and the master file form of RFC 1035, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from sightline.model import IndicatorKind, Opinion, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject, UsualRows
from sightline.stages.lists.readers.line_rules import (
    build_usual_rows,
    compile_usual_line,
    join_rows,
    match_usual_values,
)
from sightline.stages.lists.readers.lines import LINE_LIMIT_BYTES, LineBatch, read_line_batches
from sightline.stages.lists.readers.usual_forms import UsualForms

_TOKEN = re.compile(r'[ \t]+|;.*|"(?:[^"\\]|\\.)*"|[()]|(?:[^ \t;()"\\]|\\.)+')
_TTL = re.compile(r"(?:[0-9]{1,10}[smhdwSMHDW])*[0-9]{0,10}")
_CLASSES = frozenset({"IN", "CH", "HS"})
_NO_POLICY = frozenset({"SOA", "NS", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "ZONEMD"})
"""Records about the zone itself, which are no triggers."""
_LOCAL = frozenset(
    {"A", "AAAA", "CAA", "CERT", "CNAME", "HINFO", "HTTPS", "LOC", "MX", "NAPTR", "PTR", "RP", "SPF", "SRV", "SSHFP"}
    | {"SVCB", "TLSA", "TXT", "URI"}
)
"""Records that a resolver may answer with. A line with any other word as its type is no record."""
_TYPES = _NO_POLICY | _LOCAL
_OWNER = r"((?:\*\.)?+[A-Za-z0-9_][A-Za-z0-9_-]*+(?:\.[A-Za-z0-9_-]++)*?\.(?!(?i:rpz-))[A-Za-z0-9-]++)"
"""One label more at a time until the zone's name or the action follows: a whole name taken back dot by dot is slow."""
_ACTION = (
    r"[ \t]++(?:[0-9]{1,10}+[ \t]++)?+(?:IN[ \t]++)?+"
    r"(?:CNAME[ \t]++(?:\.|\*\.|rpz-drop\.)|A[ \t]++[0-9.]++)[ \t]*+(?:;.*+)?+"
)
_USUAL = compile_usual_line(_OWNER + _ACTION)
"""A relative owner whose queries get NXDOMAIN, no data, no answer, or an address."""
_NAME_LIMIT = 1000
"""The maximum length of a name in the file's own spelling, escapes included; otherwise an origin could grow with every
line.
"""
_ACTIONS = frozenset({"rpz-drop.", "rpz-tcp-only."})
_UNSEEN = {
    "rpz-client-ip": "who asks",
    "rpz-nsip": "the address of a name server",
    "rpz-nsdname": "the name of a name server",
}


def recognises(first_line: str) -> bool:
    """Return whether the line is a zone file's control line, or a SOA or CNAME record."""
    words = first_line.partition(";")[0].split()
    if words and words[0] in {"$TTL", "$ORIGIN"}:
        return True
    return any(word in {"SOA", "CNAME"} for word in words[:5])


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each policy record: `name` is a host, `*.name` a domain, an rpz-ip trigger an ip or cidr.

    `rpz-passthru.` clears; every other action flags.
    """
    return _read_zone(batches, _build_rows)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream, the names of usual lines many at once."""

    def build(first: int, names: list[str]) -> UsualRows:
        return usual.name_rows(first, IndicatorKind.HOST, names, Opinion.FLAGGED, IndicatorKind.DOMAIN)

    return _read_zone(read_line_batches(stream), build)


def _build_rows(first: int, names: list[str]) -> list[Row]:
    kinds = [IndicatorKind.DOMAIN if name[:1] == "*" else IndicatorKind.HOST for name in names]
    values = [name.removeprefix("*.") for name in names]
    return [row for row in build_usual_rows(first, kinds, values, Opinion.FLAGGED) if row[2]]


def _read_zone(
    batches: Iterable[LineBatch], build: Callable[[int, list[str]], list[Row] | UsualRows]
) -> Iterator[RowBatch]:
    """Yield the rows of each batch. `build` makes those of usual lines from their names, which are empty for others."""
    zone = _Zone()
    for first, lines, rejects in batches:
        rows: list[Row] = []
        usual_names: list[str] = []
        bad: list[RowReject] = []
        usual = zone.usual
        names = [*match_usual_values(usual, lines), ""]
        begin = 0
        while begin < len(lines):
            if zone.is_plain and names[begin]:
                end = names.index("", begin)
                usual_names += "\n".join(names[begin:end]).lower().split("\n")
                zone.owner, zone.is_absolute = zone.make_absolute(names[end - 1]), False
                begin = end
                continue
            usual_names.append("")
            row = zone.take(first + begin, lines[begin])
            if isinstance(row, RowReject):
                bad.append(row)
            elif row is not None:
                rows.append(row)
            begin += 1
            if zone.usual is not usual:
                usual = zone.usual
                names[begin:] = [*match_usual_values(usual, lines[begin:]), ""]
        yield RowBatch(
            join_rows(build(first, usual_names), rows), sorted(rejects + bad, key=lambda reject: reject.line)
        )
    if zone.depth:
        yield RowBatch(
            [], [RowReject(zone.opened_at, RowCode.BAD_SYNTAX, "a parenthesis is not closed before the file ends")]
        )


@dataclass(slots=True)
class _Zone:
    """The state between lines: origin, owner, and a record in parentheses."""

    origin: str = ""
    """The parent of relative names. It is empty until it is known, and then they are below the zone itself."""
    apex: str | None = None
    owner: str | None = None
    is_absolute: bool = False
    """The owner is written in full, with a dot at its end."""
    depth: int = 0
    opened_at: int = 0
    tokens: list[str] = field(default_factory=list)
    held_characters: int = 0
    _usual: tuple[str, re.Pattern[str]] | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether a relative owner is a name below the zone itself, on a line of its own."""
        return not self.depth and self.apex is not None and self.origin == self.apex

    @property
    def usual(self) -> re.Pattern[str]:
        """Return the form of most lines: where the zone's name is known, the owner may be written in full too."""
        if not self.apex or len(self.apex) > _NAME_LIMIT:
            return _USUAL
        if self._usual is None or self._usual[0] != self.apex:
            in_full = rf"(?:\.(?i:{re.escape(self.apex)})\.)?+"
            self._usual = self.apex, compile_usual_line(_OWNER + in_full + _ACTION)
        return self._usual[1]

    def take(self, number: int, line: str) -> Row | RowReject | None:
        """Return the row that this line completes, if any."""
        if self.depth or any(mark in line for mark in '"();\\'):
            tokens = self._split_tokens(number, line)
            if isinstance(tokens, RowReject):
                return tokens
            number = self.opened_at
        else:
            tokens = line.split()
            if tokens and line[0] in " \t":
                tokens.insert(0, "")
        return self._record(number, tokens) if tokens else None

    def _split_tokens(self, number: int, line: str) -> list[str] | RowReject:
        """The tokens of a record that ends on this line; the first is empty where the owner is left out."""
        if not self.depth:
            self.opened_at, self.tokens, self.held_characters = number, [], 0
        self.held_characters += len(line)
        if self.held_characters > LINE_LIMIT_BYTES:
            self.depth = 0
            reason = f"a record in parentheses is longer than {LINE_LIMIT_BYTES} characters"
            return RowReject(self.opened_at, RowCode.ROW_TOO_LONG, reason)
        end = 0
        for match in _TOKEN.finditer(line):
            if match.start() != end:
                break
            end = match.end()
            self._hold(match.group(), at_start=match.start() == 0)
        if end != len(line) or self.depth < 0:
            self.depth = 0
            return RowReject(self.opened_at, RowCode.BAD_SYNTAX, "quotes or parentheses do not match")
        return [] if self.depth or self.tokens == [""] else self.tokens

    def _hold(self, word: str, *, at_start: bool) -> None:
        if word[0] in " \t":
            if at_start and not self.tokens:
                self.tokens.append("")
        elif word == "(":
            self.depth += 1
        elif word == ")":
            self.depth -= 1
        elif word[0] != ";":
            self.tokens.append(word)

    def _record(self, number: int, tokens: list[str]) -> Row | RowReject | None:
        if tokens[0][:1] == "$":
            return self._read_control(number, tokens)
        if tokens[0]:
            self.owner = self.make_absolute(tokens[0])
            self.is_absolute = tokens[0].endswith(".")
        at = 1
        while at < len(tokens) and (tokens[at].upper() in _CLASSES or _TTL.fullmatch(tokens[at])):
            at += 1
        kind = tokens[at].upper() if at + 1 < len(tokens) else ""
        if kind not in _TYPES or self.owner is None:
            reason = "not a record of a response policy zone: owner, time to live, class, type, value"
            return RowReject(number, RowCode.BAD_SYNTAX, reason)
        if self.apex is None:
            self.apex = self.owner if kind == "SOA" else self.origin
            self.origin = self.origin or self.apex
        if kind in _NO_POLICY:
            return None
        return self._make_row(number, kind, tokens[at + 1])

    def _read_control(self, number: int, tokens: list[str]) -> RowReject | None:
        name = tokens[0].upper()
        if name == "$ORIGIN" and len(tokens) == 2:
            origin = self.make_absolute(tokens[1])
            if len(origin) > _NAME_LIMIT:
                return RowReject(number, RowCode.BAD_SYNTAX, "the origin is longer than a name can be")
            self.origin = origin
            return None
        if name == "$TTL" and len(tokens) == 2:
            return None
        reason = "$INCLUDE and other control lines are not followed: give one file that holds the whole zone"
        return RowReject(number, RowCode.BAD_SYNTAX, reason)

    def make_absolute(self, name: str) -> str:
        """Return the name in full, lower case, without its last dot."""
        name = name.lower()
        if name == "@":
            return self.origin
        if name.endswith("."):
            return name[:-1]
        return f"{name}.{self.origin}" if self.origin else name

    def _make_row(self, number: int, kind: str, value: str) -> Row | RowReject | None:
        owner, apex = self.owner or "", self.apex or ""
        if not apex and self.is_absolute:
            reason = "the owner is written in full, but nothing says what the zone is: put $ORIGIN ZONE. above it"
            return RowReject(number, RowCode.BAD_VALUE, reason)
        if owner == apex:
            return None
        if apex and not owner.endswith("." + apex):
            return RowReject(number, RowCode.BAD_VALUE, "the owner name lies outside the zone")
        trigger = owner[: -len(apex) - 1] if apex else owner
        opinion = _read_opinion(kind, value.lower(), trigger)
        if isinstance(opinion, str):
            subject = _read_subject(trigger)
            if isinstance(subject, tuple):
                return (number, *subject, "", "", "", "", opinion, "")
            return RowReject(number, RowCode.UNKNOWN_KIND, subject)
        return RowReject(number, RowCode.UNKNOWN_OPINION, f"{value[:80]!r} is no action of a response policy zone")


def _read_opinion(kind: str, value: str, trigger: str) -> Opinion | None:
    """Return what the action says of its trigger; a CNAME to the trigger itself is the old spelling of rpz-passthru."""
    if kind != "CNAME":
        return Opinion.FLAGGED
    if value in {"rpz-passthru.", trigger + "."}:
        return Opinion.CLEARED
    return None if value.startswith("rpz-") and value not in _ACTIONS else Opinion.FLAGGED


def _read_subject(trigger: str) -> tuple[str, str] | str:
    """Kind and value of a trigger, or why no visit record can show it."""
    rest, _, last = trigger.rpartition(".")
    if last in _UNSEEN:
        return f"an {last} trigger looks at {_UNSEEN[last]}, which no visit record shows"
    if last == "rpz-ip":
        return _read_network(rest)
    if trigger.startswith("*."):
        return IndicatorKind.DOMAIN, trigger[2:]
    return IndicatorKind.HOST, trigger


def _read_network(reversed_labels: str) -> tuple[str, str]:
    """`24.0.2.0.192` is 192.0.2.0/24, `48.zz.1.db8.2001` is 2001:db8:1::/48; what is neither fails as a value."""
    bits, *labels = reversed_labels.split(".")
    labels.reverse()
    if len(labels) == 4 and "zz" not in labels:
        text, whole = ".".join(labels), "32"
    else:
        text, whole = ":".join("" if label == "zz" else label for label in labels), "128"
        text = (":" if labels[:1] == ["zz"] else "") + text + (":" if labels[-1:] == ["zz"] else "")
    return (IndicatorKind.IP, text) if bits == whole else (IndicatorKind.CIDR, f"{text}/{bits}")
