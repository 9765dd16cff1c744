"""Propose the field of each piece: certain ones, and those that only someone who knows the log can decide."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sightline.stages.formats.draft.field_names import find_field
from sightline.stages.formats.draft.shapes import LineShape, format_toml_text
from sightline.stages.formats.draft.time_detection import choose_zone, find_layouts, is_zone
from sightline.stages.formats.draft.value_kinds import (
    ValueKind,
    are_browsers,
    are_statuses,
    are_targets,
    choose_field_kind,
    choose_value_kind,
    find_separator,
    names_host,
)

COUNTED = re.compile(r"(?:^|[_.-])(?:ts|t|\w*time|timestamp|date|epoch|at|start|end)(?:[_.-](?:ms|s))?$")
MOST_NAME = 60
"""Letters at the end of a name that are examined."""
LINE = re.compile(r"line[2-9]_")
MOST_WORDS = 3


@dataclass(slots=True)
class Proposal:
    """Fields with their pieces, in TOML, and the pieces that need an answer.

    `names_hosts`: a request itself names its host, as it does to a proxy.
    """

    kinds: dict[str, ValueKind]
    fields: dict[str, list[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    times: list[str] = field(default_factory=list)
    lines: dict[str, set[str]] = field(default_factory=dict)
    names_hosts: bool = False

    def take(self, name: str, value: str, *pieces: str) -> None:
        """Add a certain field: from its first piece, or in a log of several patterns from the first piece of each."""
        lines = {get_line_pattern(piece) for piece in pieces}
        if name not in self.fields or not lines & self.lines[name]:
            self.fields.setdefault(name, []).append(value)
            self.lines.setdefault(name, set()).update(lines)
            self.used.update(pieces)

    def list_unused_pieces(self, *kinds: ValueKind) -> list[str]:
        """Return the pieces of these kinds that no field uses."""
        return [piece for piece, kind in self.kinds.items() if kind in kinds and piece not in self.used]

    @property
    def record_kind(self) -> str:
        """Return the record kind that the fields suggest. The author of the format must confirm it."""
        if "dns_type" in self.fields:
            return "dns-query"
        if "url" in self.fields or "request" in self.fields:
            return "proxy-request" if self.names_hosts else "http-request"
        are_two = (
            len(self.list_unused_pieces(ValueKind.ADDRESS, ValueKind.ENDPOINT)) > 1 or "destination_ip" in self.fields
        )
        return "flow" if are_two else "http-request"


def get_line_pattern(piece: str) -> str:
    """Return the pattern of a piece. A piece of no further pattern belongs to the first."""
    match = LINE.match(piece)
    return match[0] if match else ""


def build_proposal(shape: LineShape) -> Proposal:
    """Return the proposal for the pieces of a shape."""
    kind_of_piece = choose_value_kind if shape.by == "dissect" else choose_field_kind
    proposal = Proposal({piece: kind_of_piece(shape.list_values(piece)) for piece in shape.pieces})
    _propose_times(proposal, shape)
    _propose_by_name(proposal, shape)
    _propose_by_place(proposal, shape)
    _propose_by_value(proposal, shape)
    proposal.names_hosts = any(names_host(value) for piece in proposal.used for value in shape.list_values(piece))
    return proposal


def _propose_times(proposal: Proposal, shape: LineShape) -> None:
    """Every time that the pieces hold, in their order."""
    place = 0
    while place < len(shape.pieces):
        count = next(
            (n for n in range(MOST_WORDS, 0, -1) if _find_layouts(shape, shape.pieces[place : place + n], n)), 0
        )
        if count:
            _propose_time(proposal, shape, shape.pieces[place : place + count])
        place += count or 1


def _find_layouts(shape: LineShape, pieces: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The layouts of pieces joined by spaces; nine of ten lines must hold them all."""
    if len(pieces) < count:
        return ()
    texts = [" ".join(row[piece] for piece in pieces) for row in shape.rows if all(piece in row for piece in pieces)]
    is_pattern = shape.by == "dissect"
    if not texts or (len(texts) * 10 < len(shape.rows) * 9 and not is_pattern) or (is_pattern and count > 1):
        return ()
    says_time = COUNTED.search(pieces[0][-MOST_NAME:].lower()) or (is_pattern and pieces[0].startswith("time"))
    counted = count == 1 and bool(says_time)
    return find_layouts(texts, counted=counted)


def _propose_time(proposal: Proposal, shape: LineShape, pieces: tuple[str, ...]) -> None:
    layouts = _find_layouts(shape, pieces, len(pieces))
    zones = [
        piece for piece in shape.pieces if shape.list_values(piece) and all(map(is_zone, shape.list_values(piece)))
    ]
    if choose_zone(layouts) == "declared" and zones:
        pieces, layouts = (*pieces, zones[0]), tuple(f"{layout} %z" for layout in layouts)
    proposal.times.append(format_time_rule(pieces, layouts))
    proposal.used.update(pieces)


def format_time_rule(pieces: tuple[str, ...], layouts: tuple[str, ...]) -> str:
    """Return a choice for the timestamp, in TOML. If no layout has a zone, the scan must declare it."""
    zone = choose_zone(layouts)
    zone_text = "" if zone is None else f", zone = {format_toml_text(zone)}"
    return f"{{ from = {_format_list(pieces)}, layouts = {_format_list(layouts)}{zone_text} }}"


def join_rules(rules: Sequence[str]) -> str:
    """Return choices as one rule, in TOML: the first whose pieces are there is used."""
    return rules[0] if len(rules) == 1 else f"[{', '.join(rules)}]"


def _propose_by_name(proposal: Proposal, shape: LineShape) -> None:
    """What keys and columns say of themselves."""
    if shape.by == "dissect":
        return
    for piece, kind in proposal.kinds.items():
        named = find_field(piece, kind)
        if named == "url" and not are_targets(shape.list_values(piece)):
            named = None
        if piece not in proposal.used and named is not None and named not in proposal.fields:
            proposal.take(named, _format_source(shape, named, piece), piece)
    path = next((piece for piece in ("cs-uri-path", "cs-uri-stem") if piece in shape.pieces), None)
    if path and "url" not in proposal.fields:
        queries = shape.list_values("cs-uri-query")
        joined = '"?"' if queries and not queries[0].startswith("?") else '""'
        proposal.take("url", f'{{ from = ["{path}", "cs-uri-query"], join = {joined} }}', path, "cs-uri-query")
        if {"cs-host", "cs-uri-port"} <= set(shape.pieces):
            proposal.fields["host"] = ['{ from = ["cs-host", "cs-uri-port"], join = ":" }']
            proposal.used.update(("cs-host", "cs-uri-port"))


def _format_source(shape: LineShape, named: str, piece: str) -> str:
    separator = find_separator(shape.list_values(piece))
    if named in ("source", "destination") and separator != ":":
        return f"{{ from = {format_toml_text(piece)}, port_separator = {format_toml_text(separator)} }}"
    return format_toml_text(piece)


def _propose_by_place(proposal: Proposal, shape: LineShape) -> None:
    """A request, a method with the target behind it, the status behind that, the one name beside a DNS type."""
    for place, (piece, kind) in enumerate(proposal.kinds.items()):
        behind = list(shape.pieces[place + 1 : place + 4])
        if kind is ValueKind.REQUEST:
            proposal.take("request", format_toml_text(piece), piece)
            _propose_status(proposal, shape, behind[:1])
        elif (
            kind is ValueKind.METHOD and behind and are_targets(shape.list_values(behind[0])) and shape.by == "dissect"
        ):
            proposal.take("method", format_toml_text(piece), piece)
            proposal.take("url", format_toml_text(behind[0]), behind[0])
            _propose_status(proposal, shape, behind[1:])
        elif kind is ValueKind.DNS_TYPE:
            proposal.take("dns_type", format_toml_text(piece), piece)
    hosts = Counter(get_line_pattern(piece) for piece in proposal.list_unused_pieces(ValueKind.HOST))
    for piece in proposal.list_unused_pieces(ValueKind.HOST):
        if hosts[get_line_pattern(piece)] == 1 and get_line_pattern(piece) in proposal.lines.get("dns_type", ()):
            proposal.take("host", f'{{ from = {format_toml_text(piece)}, as = "name" }}', piece)


def _propose_by_value(proposal: Proposal, shape: LineShape) -> None:
    """The one method of a request and the one name of a browser, whatever their keys and columns are called."""
    if shape.by == "dissect":
        return
    methods = proposal.list_unused_pieces(ValueKind.METHOD)
    browsers = [
        piece
        for piece in proposal.list_unused_pieces(ValueKind.TEXT, ValueKind.WORD)
        if are_browsers(shape.list_values(piece))
    ]
    for name, pieces in (("method", methods), ("user_agent", browsers)):
        if len(pieces) == 1 and name not in proposal.fields:
            proposal.take(name, format_toml_text(pieces[0]), pieces[0])


def _propose_status(proposal: Proposal, shape: LineShape, behind: list[str]) -> None:
    for piece in behind:
        if are_statuses(shape.list_values(piece)):
            proposal.take("status", format_toml_text(piece), piece)


def _format_list(texts: tuple[str, ...]) -> str:
    written = ", ".join(format_toml_text(text) for text in texts)
    return written if len(texts) == 1 else f"[{written}]"
