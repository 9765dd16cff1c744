"""Write a draft as a TOML file: certain parts are filled in, the others are marked FILL IN."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sightline.errors import UsageError
from sightline.stages.formats.draft.patterns import find_pattern_shape
from sightline.stages.formats.draft.prefixes import Prefix, find_prefix, find_time_before
from sightline.stages.formats.draft.proposal import Proposal, build_proposal, get_line_pattern
from sightline.stages.formats.draft.shapes import LineShape, find_keyed_shape, format_toml_text
from sightline.stages.formats.draft.time_choices import (
    TimeChoice,
    format_described_rule,
    list_possible_times,
    parse_time_choice,
)
from sightline.stages.formats.draft.value_kinds import ValueKind, find_separator
from sightline.stages.formats.text_shape import mask_frame
from sightline.stages.formats.time_layout import UNSAID

MAX_LINES = 400
MAX_NAME = 36
MAX_LINE = 8 * 1024
HEAD = """\
# A draft from the first lines of a sample. `match` refuses it as long as its origin says "draft".
# 1. Answer every FILL IN, at most five. Take the # off a field where it is right; change or leave out what is wrong.
# 2. sightline formats test THIS.toml SAMPLE    shows what each field reads, and why a line is not read.
# 3. When what it shows is right: origin = "specification" (or "real-server", if the program itself wrote the sample).
# Behind each piece is the shape of its first value: x is a letter, 9 a digit. All keys: docs/how-to/add_a_format.md.
"""
KINDS = "http-request proxy-request dns-query dns-answer dns-policy tls flow assignment"
ASKED = (
    (
        {ValueKind.ADDRESS: "source_ip", ValueKind.ENDPOINT: "source", ValueKind.ADDRESSES: "forwarded"},
        "Whose address is it? source: the visitor's. destination: the server's. forwarded: what a visitor can write.",
    ),
    (
        {ValueKind.HOST: "host"},
        "Is it the site that was visited or asked for? Not a referrer, not the logging machine.",
    ),
    ({ValueKind.URL: "url", ValueKind.PATH: "url"}, "url: what was visited. referrer: the page before it."),
)
MAY_BE = "source_port destination_port method status bytes user_agent referrer user dns_type"
ZONE = '# FILL IN: it says no zone. Leave "declared" (--timezone says it), or "utc" where its maker says so.'
WHICH_TIME = "# FILL IN: when was the visit? Take the # off the right one, and take the line without # away."
NO_TIME = "# FILL IN: no time was recognised. Which piece holds it, in which layout, and in which zone?"
SEVERAL = (
    '# of several patterns, the first that is there: source_ip = [{ from = "address1" }, { from = "line2_address1" }]'
)
OTHERS = (ValueKind.METHOD, ValueKind.DNS_TYPE, ValueKind.REQUEST, ValueKind.NUMBER, ValueKind.WORD, ValueKind.TEXT)


def draft_format(head: bytes, name: str, taken: Collection[str] = ()) -> str | None:
    """Return the text of a draft for a log's first lines, named after `name`, or None without a line of text.

    `taken` are the names of other formats. A draft asks at most five questions: the kind of its records, the time or
    its zone, and whose the addresses, hosts and URLs are.

    Lines that are not UTF-8, or longer than 8 KiB, are left out. The draft always loads and lists what to fill in.
    """
    result = _build_proposal(head)
    if result is None:
        return None
    prefix, shape, proposal = result
    return "\n".join(
        [*_format_head(shape, proposal, prefix, format_name(name, taken)), *_format_fields(shape, proposal), ""]
    )


@dataclass(frozen=True, slots=True)
class OpenPiece:
    """A piece of the lines that no field uses yet. `like`: the shape of its first value. `must`: it is asked about."""

    piece: str
    like: str
    must: bool
    address_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """The open questions of a draft: the kind of its records, which of several times, the zone, and what pieces are.

    `fields`: what is certain, and the pieces of it. `times`: the times that the lines can hold. `is_time_known`: these
    are recognised; otherwise they are what the texts can mean. `time_pieces`: where a time can begin that an officer
    describes.
    """

    record_kind: str
    times: tuple[TimeChoice, ...]
    is_time_known: bool
    time_pieces: tuple[OpenPiece, ...]
    asks_zone: bool
    fields: Mapping[str, str]
    pieces: tuple[OpenPiece, ...]


@dataclass(frozen=True, slots=True)
class DraftAnswers:
    """The answers. `fields`: the field of each piece that has one. `is_utc`: times without a zone are in UTC."""

    title: str
    specification: str
    record_kind: str
    time: str
    is_utc: bool
    fields: Mapping[str, str]


def open_questions(head: bytes) -> OpenQuestions | None:
    """Return what a draft for a log's first lines asks, or None without a line of text."""
    result = _build_proposal(head)
    if result is None:
        return None
    _, shape, proposal = result
    asked = [piece for names, _ in ASKED for piece in proposal.list_unused_pieces(*names)]
    others = [piece for piece in proposal.list_unused_pieces(*OTHERS) if shape.list_values(piece)]
    times = tuple(map(parse_time_choice, proposal.times)) or list_possible_times(shape)
    return OpenQuestions(
        proposal.record_kind,
        times,
        bool(proposal.times),
        tuple(
            OpenPiece(piece, _mask_first_value(shape, piece), False, ())
            for piece in shape.pieces
            if shape.list_values(piece)
        ),
        not proposal.times or any('zone = "declared"' in time for time in proposal.times),
        {name: _format_choices(choices) for name, choices in proposal.fields.items()},
        tuple(
            OpenPiece(one, _mask_first_value(shape, one), one in asked, _choose_address_fields(proposal, one))
            for one in asked + others
        ),
    )


def format_described_time(head: bytes, piece: str, layout: str) -> str:
    """Return the rule, in TOML, of a time that an officer describes: where it begins, and its layout.

    Raises UsageError if the lines have no such time there.
    """
    result = _build_proposal(head)
    if result is None:
        raise UsageError("the log has no line of text", hint="describe another file")
    return format_described_rule(result[1], piece, layout)


def format_answered_draft(head: bytes, name: str, answers: DraftAnswers) -> str | None:
    """Return the TOML text of a format for a log's first lines, with the questions answered, or None without a line."""
    result = _build_proposal(head)
    if result is None:
        return None
    prefix, shape, proposal = result
    answered = {
        "title": format_toml_text(answers.title),
        "specification": format_toml_text(answers.specification),
        "origin": '"specification"',
        "record_kind": format_toml_text(answers.record_kind),
    }
    lines = []
    for line in _format_head(shape, proposal, prefix, name):
        key = line.partition(" = ")[0]
        lines += [] if line.startswith("#") else [f"{key} = {answered[key]}" if key in answered else line]
    time = answers.time.replace('zone = "declared"', 'zone = "utc"') if answers.is_utc else answers.time
    fields = {one: list(choices) for one, choices in proposal.fields.items()}
    for piece, field_name in answers.fields.items():
        fields.setdefault(field_name, []).append(_format_source(shape, piece))
    rules = [f"{one} = {_format_choices(choices)}" for one, choices in fields.items()]
    return "\n".join([*lines, "[fields]", f"timestamp = {time}", *rules, ""])


def _build_proposal(head: bytes) -> tuple[Prefix | None, LineShape, Proposal] | None:
    """Return what stands before the records, their shape, and the proposal for it."""
    lines = [line for raw in head.split(b"\n")[:MAX_LINES] if (line := _decode_line(raw))]
    if not lines:
        return None
    records = [line for line in lines if not line.startswith("#")] or lines
    prefix, shape = _find_shape(records, lines)
    proposal = build_proposal(shape)
    if prefix is not None and prefix.time is not None and not proposal.times:
        proposal.times.append(prefix.time)
    return prefix, shape, proposal


def _choose_address_fields(proposal: Proposal, piece: str) -> tuple[str, ...]:
    """Return the fields that an address can be: the visitor's, and the server's; with a port if it has one."""
    kind = proposal.kinds[piece]
    if kind is ValueKind.ENDPOINT:
        return "source", "destination"
    return ("source_ip", "destination_ip") if kind is ValueKind.ADDRESS else ()


def _find_shape(records: list[str], lines: list[str]) -> tuple[Prefix | None, LineShape]:
    """Return what stands before the records, and their shape; `lines` are the records and the comments between them."""
    if (prefix := find_prefix(records)) is not None:
        return prefix, find_keyed_shape(prefix.bodies) or find_pattern_shape(prefix.bodies)
    timed, shape = find_time_before(records), find_keyed_shape(lines)
    if timed is not None and (shape is None or shape.by == "keyvalue"):
        behind = find_keyed_shape(timed.bodies)
        if behind is not None and behind.by in ("json", "keyvalue"):
            return timed, behind
    return None, shape or find_pattern_shape(records)


def _decode_line(raw: bytes) -> str | None:
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return None
    return text if text.strip() and len(raw) <= MAX_LINE else None


def format_name(name: str, taken: Collection[str]) -> str:
    """Return a format's name made of a file's, which none of `taken` is."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_NAME].strip("-")
    return words if words[:1].isalpha() and words not in taken else f"own-{words}".strip("-")


def _format_head(shape: LineShape, proposal: Proposal, prefix: Prefix | None, name: str) -> list[str]:
    lines = [
        *HEAD.splitlines(),
        f'name = "{name}"',
        f'title = "Log {name}"',
        'specification = "the log itself: a draft from its first lines"',
        'origin = "draft"',
        f'by = "{shape.by}"',
        f'record_kind = "{proposal.record_kind}" # FILL IN: is it? one of: {KINDS}',
        'required = ["timestamp", "source_ip"]',
    ]
    if prefix is not None:
        lines.append(f'prefixes = [{", ".join(map(format_toml_text, prefix.names))}, "none"]')
    return [*lines, *shape.keys, *shape.branches, ""]


def _format_fields(shape: LineShape, proposal: Proposal) -> list[str]:
    lines = ["[fields]", *_format_time(shape, proposal)]
    lines += [f"{name} = {_format_choices(choices)}" for name, choices in proposal.fields.items()]
    for names, question in ASKED:
        if pieces := proposal.list_unused_pieces(*names):
            lines.append(f"# FILL IN: {question}")
            lines += [
                f"# {names[proposal.kinds[piece]]} = {_format_source(shape, piece)}   "
                f"# {_mask_first_value(shape, piece)}"
                for piece in pieces
            ]
    if len({get_line_pattern(piece) for piece in shape.pieces}) > 1:
        lines.append(SEVERAL)
    if pieces := [piece for piece in proposal.list_unused_pieces(*OTHERS) if shape.list_values(piece)]:
        lines.append(f"# not used; may be: {MAY_BE}")
        lines += [f"#   {format_toml_text(piece)}   # {_mask_first_value(shape, piece)}" for piece in pieces]
    return lines


def _format_time(shape: LineShape, proposal: Proposal) -> list[str]:
    """The timestamp, where there is one; of several, or where none was recognised, a rule that reads no text."""
    if len(proposal.times) == 1:
        zone = [ZONE] if 'zone = "declared"' in proposal.times[0] else []
        return [*zone, f"timestamp = {proposal.times[0]}"]
    asked = WHICH_TIME if proposal.times else NO_TIME
    choices = proposal.times or [choice.rule for choice in list_possible_times(shape)]
    piece = shape.pieces[0] if shape.pieces else "time"
    unread = (
        f'timestamp = {{ from = {format_toml_text(piece)}, layouts = "{UNSAID} %Y-%m-%d %H:%M:%S", zone = "declared" }}'
    )
    return [asked, *(f"# timestamp = {written}" for written in choices), unread]


def _format_choices(choices: list[str]) -> str:
    """One piece or choice, or a list of choices of which the first that is there is used."""
    if len(choices) == 1:
        return choices[0]
    return "[" + ", ".join(choice if choice.startswith("{") else f"{{ from = {choice} }}" for choice in choices) + "]"


def _format_source(shape: LineShape, piece: str) -> str:
    """A piece as a field takes it, with what stands before a port where that is no colon."""
    separator = find_separator(shape.list_values(piece))
    if separator == ":":
        return format_toml_text(piece)
    return f"{{ from = {format_toml_text(piece)}, port_separator = {format_toml_text(separator)} }}"


def _mask_first_value(shape: LineShape, piece: str) -> str:
    """The shape of a piece's first value, nothing of its content."""
    values = shape.list_values(piece)
    return mask_frame(values[0].encode()) if values else "never there"
