"""The format program: the compiled form of a format's TOML file, and its canonical JSON (ADR 3)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import ClassVar, TypeAlias, cast

from sightline.model import FormatId

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | tuple[Tree, ...] | str | int | bool | None"


class Frames(StrEnum):
    """The kind of frame: a line, a run of lines (not blank, or indented behind the first), or one of a frame stream."""

    LINES = "lines"
    BLOCKS = "blocks"
    INDENTED = "indented"
    FRAME_STREAMS = "frame-streams"


class TokenExtent(StrEnum):
    """The extent of a token within a frame."""

    UNTIL = "until"
    WORD = "word"
    NUMBER = "number"
    NAME = "name"
    LABEL = "label"
    QUOTED = "quoted"
    FIXED = "fixed"
    SPACES = "spaces"
    LAST = "last"


class FieldMode(StrEnum):
    """The reading of a field from its slots."""

    TIME = "time"
    ENDPOINT = "endpoint"
    IP = "ip"
    PORT = "port"
    INTEGER = "integer"
    TEXT = "text"
    WORD = "word"
    AUTHORITY = "authority"
    NAME = "name"
    NAMES = "names"
    TARGET = "target"
    REQUEST = "request"
    FORWARDED = "forwarded"


class Zone(StrEnum):
    """The source of a time's zone: the layout, always UTC, or a declaration for the scan."""

    RECORD = "record"
    UTC = "utc"
    DECLARED = "declared"


class Decode(StrEnum):
    """Escapes that are decoded, or the part of a text that is taken, before a field is read."""

    BACKSLASH = "backslash"
    HEX = "hex"
    PLUS = "plus"
    PLUS_FIRST = "plus-first"
    URL_HOST = "url-host"
    URL_PATH = "url-path"
    CEF = "cef"
    CEF_PATH = "cef-path"
    LABELS = "labels"


class Otherwise(StrEnum):
    """The meaning of a frame that no case names."""

    COMMENT = "comment"
    REJECT = "reject"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class PatternToken:
    """Literal `text` (then `take` is None), or a piece to take into `slot` (None: dropped).

    `count` and `before` belong to `last`, `bytes` to `fixed`.
    """

    text: str | None = None
    take: TokenExtent | None = None
    slot: int | None = None
    bytes: int | None = None
    count: int = 1
    before: str | None = None

    def to_tree(self) -> Tree:
        """Return the token as ADR 3 writes it: only the keys of its kind."""
        if self.take is None:
            return {"text": self.text}
        if self.take is TokenExtent.SPACES:
            return {"take": str(self.take)}
        tree: dict[str, Tree] = {"take": str(self.take), "slot": self.slot}
        if self.take is TokenExtent.LAST:
            return tree | {"count": self.count, "before": self.before}
        return tree | {"bytes": self.bytes} if self.take is TokenExtent.FIXED else tree


@dataclass(frozen=True, slots=True)
class DissectLine:
    """One pattern of a dissect format, and its meaning."""

    tokens: tuple[PatternToken, ...]
    set: dict[str, str] = field(default_factory=dict)
    comment: bool = False


@dataclass(frozen=True, slots=True)
class Dissect:
    """Literal text between pieces. The first line that fits is used."""

    by: ClassVar[str] = "dissect"
    lines: tuple[DissectLine, ...]


@dataclass(frozen=True, slots=True)
class MarkerHeader:
    """Frames that begin with `marker` name the columns from there on.

    `separator`: runs of it separate the names, if that is not the format's own.
    """

    marker: str
    separator: str | None = None

    def to_tree(self) -> Tree:
        """Return the header as ADR 3 writes it."""
        tree: dict[str, Tree] = {"marker": self.marker}
        return tree if self.separator is None else tree | {"separator": self.separator}


@dataclass(frozen=True, slots=True)
class FirstLineHeader:
    """The first non-comment frame of a member names the columns."""

    first_line: bool = True


@dataclass(frozen=True, slots=True)
class Delimited:
    """Columns between separators, named by `columns` or by a header."""

    by: ClassVar[str] = "delimited"
    separator: str
    map: dict[str, int]
    columns: tuple[str, ...] | None = None
    header: MarkerHeader | FirstLineHeader | None = None
    repeat: bool = False
    quote: str | None = None
    quote_escape: str | None = None
    needs: tuple[str, ...] = ()
    more: bool = False
    cases: tuple[SlotCase, ...] = ()
    otherwise: Otherwise = Otherwise.RECORD
    set: dict[str, str] = field(default_factory=dict)

    def to_tree(self) -> Tree:
        """Return the split as ADR 3 writes it: `cases` and `otherwise` only if there are cases."""
        names = [item.name for item in fields(self) if self.cases or item.name not in {"cases", "otherwise"}]
        return {"by": self.by} | {name: _to_tree(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Path:
    """A path into a JSON object. `"[]"` is every element of an array."""

    path: tuple[str, ...]
    slot: int


@dataclass(frozen=True, slots=True)
class SlotCase:
    """Frames whose `slot` has one of the values `equals` (None: any value)."""

    slot: int
    equals: tuple[str, ...] | None
    set: dict[str, str] = field(default_factory=dict)
    comment: bool = False


@dataclass(frozen=True, slots=True)
class JsonFrame:
    """One JSON object in each frame."""

    by: ClassVar[str] = "json"
    paths: tuple[Path, ...]
    cases: tuple[SlotCase, ...] = ()
    otherwise: Otherwise = Otherwise.REJECT
    set: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyValue:
    """`key=value` pairs."""

    by: ClassVar[str] = "keyvalue"
    map: dict[str, int]
    separator: str = " "
    equals: str = "="
    quote: str | None = None
    spaced: bool = False
    strict: bool = False
    once: bool = False
    cases: tuple[SlotCase, ...] = ()
    otherwise: Otherwise = Otherwise.RECORD
    set: dict[str, str] = field(default_factory=dict)

    def to_tree(self) -> Tree:
        """Return the split as ADR 3 writes it: `once` only if it is true."""
        names = [item.name for item in fields(self) if self.once or item.name != "once"]
        return {"by": self.by} | {name: _to_tree(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements of words, and more of them in braces. The map's names are of one word or more."""

    by: ClassVar[str] = "statements"
    map: dict[str, int]
    cases: tuple[SlotCase, ...] = ()
    otherwise: Otherwise = Otherwise.RECORD
    set: dict[str, str] = field(default_factory=dict)


DNSTAP_PARTS = (
    *("type", "query_address", "query_port", "response_address", "response_port"),
    *("query_time", "response_time", "qname", "qtype", "answers"),
)
"""The parts of a Dnstap message that a format can take."""


@dataclass(frozen=True, slots=True)
class Dnstap:
    """One Dnstap message in each frame of a frame stream."""

    by: ClassVar[str] = "dnstap"
    map: dict[str, int]
    cases: tuple[SlotCase, ...] = ()
    otherwise: Otherwise = Otherwise.REJECT
    set: dict[str, str] = field(default_factory=dict)


Split: TypeAlias = Dissect | Delimited | JsonFrame | KeyValue | Dnstap | Statements

CHOICE_KEYS: dict[FieldMode, tuple[str, ...]] = {
    FieldMode.TIME: ("layouts", "zone"),
    FieldMode.ENDPOINT: ("port_separator", "port_last", "names"),
    FieldMode.IP: ("names",),
    FieldMode.WORD: ("map",),
    FieldMode.NAMES: ("split",),
}
"""The keys that belong to one way of reading only. `slots join as decode` belong to all."""


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One way to fill a field. Keys that its `as_` does not use are left out of the JSON."""

    slots: tuple[int, ...]
    as_: FieldMode
    join: str = ""
    decode: Decode | None = None
    layouts: tuple[str, ...] = ()
    zone: Zone = Zone.RECORD
    port_separator: str = ":"
    port_last: bool = False
    names: bool = False
    map: dict[str, str] | None = None
    split: str | None = None

    def to_tree(self) -> Tree:
        """Return the choice as ADR 3 writes it."""
        keys = ("slots", "join", "decode", *CHOICE_KEYS.get(self.as_, ()))
        return {"as": str(self.as_)} | {key: _to_tree(getattr(self, key)) for key in keys}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field and its choices. The first whose slots are present is used."""

    field: str
    choices: tuple[FieldChoice, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A whole format program, version 1."""

    name: str
    slots: tuple[str, ...]
    split: Split
    fields: tuple[FieldRule, ...]
    absent: tuple[str, ...] = ("", "-")
    comments: tuple[str, ...] = ()
    prefixes: tuple[tuple[PatternToken, ...], ...] = ()
    required: tuple[str, ...] = ("timestamp",)
    frames: Frames = Frames.LINES
    version: int = 1

    @property
    def zone(self) -> Zone:
        """Return the source of its times' zone: declared, if that applies to any of them."""
        zones = {choice.zone for rule in self.fields for choice in rule.choices if choice.as_ is FieldMode.TIME}
        return next((zone for zone in (Zone.DECLARED, Zone.UTC) if zone in zones), Zone.RECORD)

    def to_json(self) -> str:
        """Return the canonical JSON of ADR 1, which the kernel reads and whose digest is the id."""
        return json.dumps(_to_tree(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @property
    def id(self) -> FormatId:
        """Return the SHA-256 of the canonical JSON, in hex. It is remembered: thousands of logs have one program."""
        known = _IDS.get(id(self))
        if known is not None and known[0] is self:
            return known[1]
        if len(_IDS) >= MOST_IDS:
            _IDS.clear()
        format_id = FormatId(hashlib.sha256(self.to_json().encode()).hexdigest())
        _IDS[id(self)] = self, format_id
        return format_id


MOST_IDS = 2048
_IDS: dict[int, tuple[Program, FormatId]] = {}


def _to_tree(value: object) -> Tree:
    """A dataclass as the object ADR 3 shows, every key written; the rest as it is."""
    if isinstance(value, PatternToken | FieldChoice | MarkerHeader | Delimited | KeyValue):
        return value.to_tree()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [_to_tree(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        tree: dict[str, Tree] = {"by": value.by} if isinstance(value, Split) else {}
        parts = fields(value)  # type: ignore[arg-type]
        return tree | {item.name: _to_tree(getattr(value, item.name)) for item in parts}
    return cast("Tree", value)
