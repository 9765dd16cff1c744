"""Load layouts of replies, one TOML file each, and choose the one that fits a row of headings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import UnknownFormat, UsageError
from sightline.model import NoticeKind
from sightline.stages.resolve.model import FORM
from sightline.stages.resolve.replies.address_spaces import SEPARATE
from sightline.stages.resolve.replies.names import MOST_LETTERS, canonical, phrase, spellings, words
from sightline.stages.resolve.replies.stacked_headings import join_headings

RECORD_FIELDS = frozenset(
    """
    ip source_ip inside_ip destination_ip port source_port port_from port_to destination_port
    start start_date start_clock end end_date end_clock duration lifetime seen
    msisdn line circuit user_id account imsi row_id remark
    framed_ip6 framed_prefix delegated_prefix
    softwire inside_port destination_ip6 prefix_length rule_ip6 rule_ip4 ea_bits start_day end_day
    session status nas event_time session_time station psid psid_offset psid_length
    """.split()
)
SUBSCRIBER_FIELDS = frozenset(
    {
        *FORM,
        "from_date",
        "until_date",
        "number",
        "number_kind",
        "line",
        "circuit",
        "user_id",
        "account",
        "row_id",
        "remark",
    }
)
_ONE_LINE = frozenset({"msisdn", "imsi", "user_id", "line", "circuit"})
"""Fields of which a second column in a table of assignments may be the customer's, not the line's."""
_OF_A_LINE = frozenset({"circuit", "user_id", "account"})
"""Fields beside which `Mobile No` in a table of assignments is the customer's contact number."""
TABLES = frozenset({"table", "deterministic", "requests"})
"""Shapes of layouts that are tables with headings."""
_IS_FIGURE = re.compile(r"[0-9]|^(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)")
_ADDRESS_AND_PORT = re.compile(
    r"((?:\bip(?:v[46])?|address))\s*(?:[&:/+]|\band\b)\s*port(?:\s*(?:no|number)\.?)?\s*$", re.IGNORECASE
)
"""A heading for both (`Public IP & Port`): the address, whose cell may include the port."""
_ONCE = RECORD_FIELDS - {"msisdn", "line", "circuit", "user_id", "account", "imsi", "remark"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout file: the field of each heading, by canonical name, and the required fields."""

    name: str
    title: str
    reply: NoticeKind
    shape: str
    fields: Mapping[str, str]
    required: Sequence[frozenset[str]]
    ignored: frozenset[str]
    rank: int
    content: Mapping[str, Any]
    kinds: Mapping[str, str]
    confirming: Mapping[str, frozenset[str]]


def _has_one_of(texts: pl.Series, phrases: Sequence[str]) -> pl.Series:
    """Of each text whether it has one of some phrases, as whole words."""
    bare = " " + texts.str.to_lowercase().str.replace_all(r"[\W_]+", " ") + " "
    return bare.str.contains_any([f" {one} " for one in phrases])


@dataclass(frozen=True, slots=True)
class Words:
    """The words that all layouts share.

    `denied_by`: words that hedge or deny; `kinds`: the kind of a column by its canonical heading; `confirming`: words
    that confirm a row, by their kind. `nobody`: words for no id, if an id has no others; `placeholders`: an id that
    contains one is no id; `equipment`: an id that contains one and is only the name of a machine. `lines`: words of
    lines above and below a table, by their kind.
    """

    no_records: frozenset[str]
    before: frozenset[str]
    behind: frozenset[str]
    denied_by: tuple[str, ...]
    hedges: tuple[str, ...]
    nobody: frozenset[str]
    placeholders: tuple[str, ...]
    equipment: frozenset[str]
    footnotes: tuple[str, ...]
    kinds: Mapping[str, str]
    confirming: Mapping[str, frozenset[str]]
    weighty: frozenset[str]
    lines: Mapping[str, frozenset[str]]

    def says_no_records(self, text: str) -> bool:
        """Return whether a cell states that there are no records, alone or in a sentence about their subject."""
        if len(text) > MOST_LETTERS:
            return False
        if phrase(text) in self.no_records:
            return True
        line_words = words(text)
        while line_words and line_words[0] in self.before:
            line_words = line_words[1:]
        at = next((at for at in range(len(line_words), 0, -1) if "".join(line_words[:at]) in self.no_records), None)
        return at is not None and all(one in self.behind or _IS_FIGURE.search(one) for one in line_words[at:])

    def denied(self, texts: pl.Series) -> pl.Series:
        """Match texts that hedge, or describe something else than an assignment."""
        return _has_one_of(texts, self.denied_by)

    def hedged(self, texts: pl.Series) -> pl.Series:
        """Match texts that hedge."""
        return _has_one_of(texts, self.hedges)

    def is_footnote(self, text: str) -> bool:
        """Return whether a line with only this cell is a footnote below a table, not a row."""
        bare = " ".join(words(text))
        return not bare or any(bare == one or bare.startswith(f"{one} ") for one in self.footnotes)


@dataclass(frozen=True, slots=True)
class Mark:
    """A column that is no fact of a layout: its place, its heading, its kind, and further words that confirm."""

    at: int
    heading: str
    kind: str
    confirming: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fit:
    """A layout applied to headings: the column of each field, from 0. `known`: how many of them it knows.

    `twice`: fields with two columns, and both of these: they must agree in every row. `marks`: all other columns, each
    of which confirms a row or doubts it. `headings`: their texts, which a line further down may repeat; `lower`: those
    of the lower row, where headings of two rows were joined.
    """

    layout: Layout
    places: Mapping[str, int]
    width: int
    known: int
    unknown: tuple[str, ...]
    missing: tuple[frozenset[str], ...]
    twice: tuple[tuple[str, int, int], ...]
    marks: tuple[Mark, ...] = ()
    headings: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return whether every required field is present."""
        return not self.missing


@cache
def shared_words() -> Words:
    """Load the words that all layouts share."""
    found = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    return Words(
        frozenset(map(phrase, found["no_records"])),
        frozenset(found["no_records_before"]),
        frozenset(found["no_records_behind"]),
        (*found["hedges"], *found["denials"]),
        tuple(found["hedges"]),
        frozenset(found["nobody"]),
        tuple(found["placeholders"]),
        frozenset(found["equipment"]),
        tuple(" ".join(words(one)) for one in found["footnotes"]),
        {canonical(heading): kind for kind, headings in found["kinds"].items() for heading in headings},
        {what: frozenset(values) for what, values in found["confirming"].items()},
        frozenset(found["weighty"]),
        {
            what: frozenset(phrases.split() if isinstance(phrases, str) else phrases)
            for what, phrases in found["lines"].items()
        },
    )


@cache
def builtin_layouts() -> tuple[Layout, ...]:
    """Load all built-in layouts, by name."""
    folder = files(__package__).joinpath("layouts")
    found = [
        _parse_layout(one.read_text(encoding="utf-8"), one.name)
        for one in folder.iterdir()
        if one.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda one: one.name))


@cache
def _builtin_columns(name: str) -> dict[str, list[str]] | None:
    """Return the headings of each field of a built-in layout, or None where no layout has that name."""
    file = files(__package__).joinpath("layouts", f"{name}.toml")
    return _extend_columns(tomllib.loads(file.read_text(encoding="utf-8")), file.name) if file.is_file() else None


def _extend_columns(found: dict[str, Any], where: str) -> dict[str, list[str]]:
    """The columns of a file, and those of the built-in layout that it extends, where it does not say otherwise."""
    columns = {
        field: list({canonical(one): one for heading in headings for one in spellings(heading)}.values())
        for field, headings in found.get("columns", {}).items()
    }
    base = found.get("extends")
    if base is None:
        return columns
    inherited = _builtin_columns(base)
    if inherited is None:
        raise UsageError(f"{where}: extends {base!r}, and no layout has that name")
    own = {canonical(heading) for headings in columns.values() for heading in headings}
    own |= {canonical(heading) for heading in found.get("ignored", ())}
    for field, headings in inherited.items():
        columns[field] = [*columns.get(field, ()), *(one for one in headings if canonical(one) not in own)]
    return columns


def choose_layouts(name: str, kind: NoticeKind) -> tuple[Layout, ...]:
    """Return the layouts to try: all of that kind for `auto`, the named one, or that of the unit's own file.

    Raises UsageError.
    """
    fitting = tuple(one for one in builtin_layouts() if one.reply is kind)
    if name == "auto":
        return fitting
    if name.endswith(".toml"):
        try:
            own = _parse_layout(Path(name).read_text(encoding="utf-8"), name)
        except (OSError, UnicodeDecodeError) as why:
            raise UsageError(f"{name} cannot be read: {why}", hint="a layout is a TOML file in UTF-8") from None
        if own.reply is not kind:
            raise UsageError(f"{name} is a layout for {own.reply}, and the notice asks for {kind}")
        return (own,)
    named = tuple(one for one in fitting if one.name == name)
    if not named:
        known = ", ".join(one.name for one in fitting)
        raise UsageError(
            f"--layout {name!r}: no layout for {kind} has that name", hint=f"there are {known}, or FILE.toml"
        )
    return named


def _parse_layout(text: str, where: str) -> Layout:
    """The layout of a file. Raises UsageError, which names what is wrong."""
    try:
        found = tomllib.loads(text)
        reply, shape = NoticeKind(found["reply"]), found.get("shape", "table")
        columns = _extend_columns(found, where)
        allowed = RECORD_FIELDS if reply is NoticeKind.RECORDS else SUBSCRIBER_FIELDS
        if unknown := sorted(columns.keys() - allowed):
            raise UsageError(
                f"{where}: no field is called {', '.join(unknown)}", hint=f"fields are {', '.join(sorted(allowed))}"
            )
        fields: dict[str, str] = {}
        for field, headings in columns.items():
            for heading in headings:
                if fields.setdefault(canonical(heading), field) != field:
                    raise UsageError(f"{where}: {heading!r} stands for {fields[canonical(heading)]} and for {field}")
        return Layout(
            found["name"],
            found["title"],
            reply,
            shape,
            fields,
            tuple(frozenset(one) for one in found.get("required", ())),
            frozenset(map(canonical, found.get("ignored", ()))),
            found.get("rank", 0),
            found,
            _kinds(found.get("kinds", {}), where),
            {
                canonical(heading): frozenset(" ".join(one.lower().split()) for one in values)
                for heading, values in found.get("confirming", {}).items()
            },
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as why:
        raise UsageError(
            f"{where} is no layout of replies: {why}", hint="docs/reference/replies.md says what one has"
        ) from None


def _kinds(found: Mapping[str, Sequence[str]], where: str) -> dict[str, str]:
    """The kinds of columns that a layout says, by canonical heading. Raises UsageError."""
    known = {*shared_words().kinds.values(), "kea-state"}
    if unknown := sorted(found.keys() - known):
        raise UsageError(
            f"{where}: no kind of column is called {', '.join(unknown)}", hint=f"kinds are {', '.join(sorted(known))}"
        )
    return {canonical(heading): kind for kind, headings in found.items() for heading in headings}


def fit_headings(layout: Layout, headings: Sequence[str]) -> Fit:
    """Apply a layout to some headings."""
    places: dict[str, int] = {}
    twice, unknown, known = [], [], 0
    for at, text in enumerate(headings):
        name = canonical(_ADDRESS_AND_PORT.sub(r"\1", text))
        field = layout.fields.get(name)
        if field is not None:
            known += 1
            if field not in places:
                places[field] = at
            elif field in {"from_date", "until_date"}:
                pass
            elif field in _ONCE or (field in _ONE_LINE and layout.reply is NoticeKind.RECORDS):
                twice.append((field, places[field], at))
        elif name in layout.ignored:
            known += 1
        elif text.strip() and kind_of(layout, text) == "other" and shared_words().weighty & {*words(text), name}:
            unknown.append(text.strip().lstrip("\ufeff"))
    is_of_a_line = layout.reply is NoticeKind.RECORDS and "msisdn" in places and _OF_A_LINE & places.keys()
    if is_of_a_line and canonical(headings[places["msisdn"]]).startswith("mobile"):
        del places["msisdn"]
    for edge in ("start", "end"):
        # Beside a date column, a column named only "time" is the time of day.
        if f"{edge}_date" in places and edge in places and f"{edge}_clock" not in places:
            places[f"{edge}_clock"] = places.pop(edge)
    if "start_date" in places and "end" in places and canonical(headings[places["start_date"]]) == "date":
        places |= {"end_date": places["start_date"], "end_clock": places.pop("end")}  # one date for both times of day
    if "duration" in places and {"end", "end_date"} & places.keys() and not {"start", "start_date"} & places.keys():
        places["lifetime"] = places.pop("duration")  # the end, and how long it had lasted
    missing = tuple(one for one in layout.required if not one & places.keys())
    return Fit(
        layout,
        places,
        len(headings),
        known,
        tuple(unknown),
        missing,
        tuple(twice),
        _marks(layout, places, headings, twice),
        tuple(headings),
    )


def _is_planned(heading: str) -> bool:
    """Whether a heading of an end says when a lease would run out. Kea's own table has a row for each change."""
    return "expir" in canonical(heading) and canonical(heading) != "expire"


def _marks(
    layout: Layout, places: Mapping[str, int], headings: Sequence[str], twice: Sequence[tuple[str, int, int]]
) -> tuple[Mark, ...]:
    """The columns that are no facts, with their kinds."""
    facts = {at for field, at in places.items() if field != "remark"} | {at for _, *both in twice for at in both}
    planned = [at for edge in ("end", "end_date") if (at := places.get(edge)) is not None and _is_planned(headings[at])]
    facts -= {*planned}
    spaces: set[int] = set()
    if layout.name == "access-log" or not (_OF_A_LINE | _ONE_LINE) & places.keys():
        # A two-step reply: each of these assigns inside addresses anew.
        spaces = {at for at, text in enumerate(headings) if SEPARATE & {*words(text)}}
    return tuple(
        Mark(
            at,
            text,
            "planned" if at in planned else "space" if at in spaces else kind_of(layout, text),
            layout.confirming.get(canonical(text), frozenset()),
        )
        for at, text in enumerate(headings)
        if at not in facts
    )


def kind_of(layout: Layout, heading: str) -> str:
    """Return the kind of a column that is no fact, by its heading: as words.toml and the layout declare, or by its
    words.

    `ignored`: a layout declares that it has no meaning; `other`: no declaration exists.
    """
    name = canonical(heading)
    if not name:
        return "number" if heading.strip() in {"#", "\u2116"} else "other"
    if kind := layout.kinds.get(name) or shared_words().kinds.get(name):
        return kind
    field = layout.fields.get(name)
    if field is not None:
        return _KINDS_OF_FIELDS.get(field, "status")
    if name in layout.ignored:
        return "ignored"
    found = {*words(heading)}
    if found & _AMOUNTS and found <= _AMOUNTS | _OF_AMOUNTS:
        return "number"
    if found & _TIMES:
        return "other"
    return next((kind for kind, some in _BY_WORDS if found & some), "other")


def kind_of_attribute(name: str) -> str | None:
    """Return the kind of a RADIUS attribute that reports a request's result, or None for any other."""
    kind = shared_words().kinds.get(canonical(name))
    if kind in {"status", "cause", "packet"}:
        return kind
    attribute_kinds = {
        "message",
        "result",
        "reject",
        "failure",
        "error",
        "remark",
        "remarks",
        "comment",
        "comments",
        "note",
    }
    return "status" if attribute_kinds & {*words(name)} else None


_AMOUNTS = frozenset("bytes byte octets packets pkts volume traffic usage data kb mb gb kib mib gib".split())
"""A heading with one of these, and else only words of `_OF_AMOUNTS`, has amounts below: they say nothing of a line."""
_OF_AMOUNTS = frozenset(
    "total sum of in out up down uplink downlink upload download uploaded downloaded sent received transferred used"
    " consumed link count input output rx tx ul dl and".split()
)
_TIMES = frozenset({"date", "time", "timestamp", "at", "on", "since", "until", "till", "from"})
_BY_WORDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("direction", frozenset({"direction"})),
    ("cause", frozenset({"cause", "reason"})),
    (
        "status",
        frozenset(
            """
            status state remark remarks comment comments note notes result results response outcome observation
            observations confidence disposition verified verification finding findings verdict message
            """.split()
        ),
    ),
    ("event", frozenset({"event", "action", "activity"})),
)
"""The kind of a column whose heading is in no list, by a word in it."""
_KINDS_OF_FIELDS = {
    "msisdn": "phone",
    "line": "phone",
    "imsi": "id",
    "imei": "id",
    "circuit": "token",
    "user_id": "token",
    "account": "token",
    "number": "token",
    "station": "mac",
    "session": "id",
    "nas": "token",
}
"""The look of a field's values where the column is not used: a second one, or a customer's telephone number."""


def find_best(layouts: Sequence[Layout], rows: list[list[str]]) -> tuple[int, Fit] | None:
    """Return the first row that is the headings of a layout, and the layout that knows most of them; None if no row
    is.

    Headings in two rows are joined: then `rows` has them in the lower row, and nothing in the upper one.
    """
    known = {name for one in layouts for name in one.fields} | shared_words().kinds.keys()
    for at, cells in enumerate(rows):
        found = _best_of(layouts, cells, rows, at)
        stacked = None
        if at and (joined := join_headings(rows[at - 1], cells, lambda text: canonical(text) in known)):
            stacked = _best_of(layouts, joined, rows, at)
        if stacked is not None and (found is None or _clarity(stacked) > _clarity(found)):
            rows[at - 1 : at + 1] = [[""] * len(cells), list(stacked.headings)]
            return at, replace(stacked, lower=tuple(cells))
        if found is not None:
            return at, found
    return None


def _best_of(layouts: Sequence[Layout], cells: Sequence[str], rows: Sequence[Sequence[str]], at: int) -> Fit | None:
    """The layout that knows most of some headings, which are row `at`; None if they are those of no layout."""
    fits = [one for layout in layouts if layout.shape in TABLES and (one := fit_headings(layout, cells)).is_whole]
    fits = [one for one in fits if len(layouts) == 1 or _shows_ranges(one, rows[at + 1 :])]
    if len(fits) > 1:
        fits = [one for one in fits if _has_parameters(one.layout, rows[:at])] or fits
    if not fits:
        return None
    return max(fits, key=lambda one: (-len(one.unknown), one.known, one.layout.rank, one.layout.name))


def _clarity(found: Fit) -> tuple[int, int]:
    """How clear headings are: the fewest of them unknown or repeated, then the most known."""
    return -len(found.unknown) - len(found.twice), found.known


def _has_parameters(layout: Layout, above: Sequence[Sequence[str]]) -> bool:
    """Whether a layout needs no parameters above its table, or one of them stands there."""
    if layout.shape != "deterministic":
        return True
    names = {canonical(name) for ones in layout.content["parameters"].values() for name in ones}
    return any(canonical(re.split("[:=]", cell)[0]) in names for cells in above for cell in cells if cell.strip())


def _shows_ranges(found: Fit, below: Sequence[Sequence[str]]) -> bool:
    """Whether ports of a layout of ranges are ranges: in columns of their own, or by the first rows."""
    at = found.places.get("port")
    if not found.layout.content.get("ranges") or at is None or "port_from" in found.places:
        return True
    return any(re.fullmatch(r"\s*[0-9]+\s*-\s*[0-9]+\s*", cells[at]) for cells in below if at < len(cells))


def check_fit(found: Fit) -> Fit:
    """Return the fit. Raises UnknownFormat if an undeclared column may change the meaning of a row."""
    if found.unknown:
        names = ", ".join(map(repr, found.unknown))
        raise UnknownFormat(
            f"read as {found.layout.name}, but it is not known what these columns are: {names}",
            hint="say what they are, or that they are ignored, in --layout FILE.toml (docs/reference/replies.md)",
        )
    return found


def headings_error(layouts: Sequence[Layout], rows: Sequence[Sequence[str]]) -> UnknownFormat:
    """Return the error for a table without a row of known headings."""
    nearest = max(
        (fit_headings(layout, cells) for layout in layouts if layout.shape in TABLES for cells in rows),
        key=lambda one: (one.known, -len(one.missing)),
        default=None,
    )
    hint = "docs/reference/replies.md says which are read; other headings: --layout FILE.toml"
    if nearest is None or not nearest.known:
        return UnknownFormat("no row of the first ones has headings of a reply that is known", hint=hint)
    lacks = "; ".join(" or ".join(sorted(one)) for one in nearest.missing)
    return UnknownFormat(f"nearest is {nearest.layout.name}, which lacks a column for: {lacks}", hint=hint)
