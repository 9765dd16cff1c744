"""Compile format files to programs: TOML tables in, `Program` out, or a UsageError that names the key."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sightline.stages.formats import field_rules, pattern
from sightline.stages.formats.pattern import PatternPiece
from sightline.stages.formats.program import (
    DNSTAP_PARTS,
    Delimited,
    Dissect,
    DissectLine,
    Dnstap,
    FieldRule,
    FirstLineHeader,
    Frames,
    JsonFrame,
    KeyValue,
    MarkerHeader,
    Otherwise,
    Path,
    Program,
    SlotCase,
    Split,
    Statements,
)
from sightline.stages.formats.toml_table import TomlTable

SHARED = (
    *("name", "title", "specification", "origin", "notes", "narrows", "record_kind", "frames", "by"),
    *("time_is", "time_is_declarable", "duration", "decided_by"),
    *("prefixes", "absent", "comments", "required", "fields", "set"),
)
"""The keys that every format file may have."""
OWN: dict[str, tuple[str, ...]] = {
    "dissect": ("line",),
    "delimited": (
        "separator",
        "repeat",
        "quote",
        "quote_escape",
        "columns",
        "header",
        "needs",
        "more",
        "case",
        "otherwise",
    ),
    "json": ("paths", "case", "otherwise"),
    "keyvalue": ("separator", "equals", "quote", "spaced", "strict", "once", "case", "otherwise"),
    "dnstap": ("case", "otherwise"),
    "statements": ("case", "otherwise"),
}
"""The keys of each way to split."""

Fragments = Mapping[str, tuple[str, ...]]
MAX_PREFIXES = 100


@dataclass(frozen=True, slots=True)
class ProgramDraft:
    """A format file during compilation: the pieces of its prefixes, and the slots of its fields."""

    table: TomlTable
    prefixes: tuple[tuple[PatternPiece, ...], ...]
    slots: dict[str, int]

    @property
    def prefix_names(self) -> list[str]:
        """Return the names that prefixes take."""
        return [piece.name for pieces in self.prefixes for piece in pieces if piece.name]

    def merge_constants(self, table: TomlTable) -> dict[str, str]:
        """Return the constants of one branch: those of the file, then its own."""
        shared = {"record_kind": self.table.get_text("record_kind")} if "record_kind" in self.table.values else {}
        return shared | field_rules.check_constants(self.table, "set") | field_rules.check_constants(table, "set")


def compile_format(table: TomlTable, fragments: Fragments) -> Program:
    """Return the program of a format file. `fragments` are the named prefixes, each with its patterns."""
    by = table.get_choice("by", OWN)
    table.check_keys((*SHARED, *OWN[by]))
    rules = table.get_table("fields")
    slots = {name: number for number, name in enumerate(field_rules.list_used_slots(rules))}
    draft = ProgramDraft(table, _read_prefixes(table, fragments), slots)
    field_rules.check_constants(table, "set")
    if "record_kind" in table.values:
        table.get_choice("record_kind", field_rules.VALUES["record_kind"])
    split, known = WAYS[by](draft)
    compiled = field_rules.load_rules(rules, slots, known)
    _check_kinds(table, split, compiled)
    frames = Frames(table.get_choice("frames", tuple(Frames), "lines"))
    _check_frames(table, frames, split)
    if not isinstance(split, Dissect) and () in draft.prefixes[:-1]:
        table.fail("prefixes", 'the first that fits is used: "none" must be the last')
    return Program(
        name=table.get_text("name"),
        slots=tuple(slots),
        split=split,
        fields=compiled,
        absent=table.get_texts("absent", ("", "-")),
        comments=_read_comments(table),
        prefixes=tuple(tuple(piece.to_token(slots) for piece in pieces) for pieces in draft.prefixes),
        required=_read_required(table),
        frames=frames,
    )


def _check_frames(table: TomlTable, frames: Frames, split: Split) -> None:
    """Refuse frames that the way to split them cannot take."""
    if isinstance(split, Dnstap) != (frames is Frames.FRAME_STREAMS):
        table.fail("frames", 'is "frame-streams" where by is "dnstap", and there alone')
    if isinstance(split, Dnstap) and (table.values.get("prefixes") or table.values.get("comments")):
        table.fail("by", "a frame of dnstap has neither prefixes nor comments")
    if isinstance(split, Delimited) and split.header is not None and frames is not Frames.LINES:
        table.fail("header", 'names columns where frames are "lines"')


def _read_prefixes(table: TomlTable, fragments: Fragments) -> tuple[tuple[PatternPiece, ...], ...]:
    """Every prefix that the file means: fragments spelt out, groups combined in order."""
    value = table.values.get("prefixes", [])
    grouped = isinstance(value, list) and any(isinstance(item, list) for item in value)
    listed = value if grouped and isinstance(value, list) else [value]
    groups = [
        [text for name in table.place_below("", {"prefixes": group}).get_texts("prefixes")
         for text in _spell_prefix(table, name, fragments)]
        for group in listed
    ]  # fmt: skip
    joined = dict.fromkeys("".join(parts) for parts in itertools.product(*groups))
    if len(joined) > MAX_PREFIXES:
        table.fail("prefixes", f"means {len(joined)} prefixes; allowed: {MAX_PREFIXES}")
    return tuple(_split_pieces(table, "prefixes", text, prefix=True) for text in joined)


def _spell_prefix(table: TomlTable, name: str, fragments: Fragments) -> tuple[str, ...]:
    if name in fragments:
        return fragments[name]
    if "%" not in name and not name.endswith(" "):
        table.fail(
            "prefixes", f"{name!r} is neither a prefix of that name nor a pattern; names: {', '.join(fragments)}"
        )
    return (name,)


def _split_pieces(table: TomlTable, key: str, text: str, *, prefix: bool = False) -> tuple[PatternPiece, ...]:
    try:
        return pattern.split_pattern(text, prefix=prefix)
    except ValueError as error:
        table.fail(key, f"{error}; the whole: {text!r}")


def _compile_dissect(draft: ProgramDraft) -> tuple[Split, tuple[str, ...]]:
    tables = draft.table.get_tables("line")
    if not tables:
        draft.table.fail("line", "a dissect format needs at least one [[line]]")
    lines, known = [], list(draft.prefix_names)
    for table in tables:
        table.check_keys(("pattern", "set", "comment"))
        pieces = _split_pieces(table, "pattern", table.get_text("pattern"))
        known += [piece.name for piece in pieces if piece.name]
        comment = table.get_flag("comment")
        tokens = tuple(piece.to_token({} if comment else draft.slots) for piece in pieces)
        lines.append(DissectLine(tokens, {} if comment else draft.merge_constants(table), comment))
    return Dissect(tuple(lines)), tuple(dict.fromkeys(known))


def _compile_delimited(draft: ProgramDraft) -> tuple[Split, tuple[str, ...] | None]:
    table = draft.table
    columns = table.get_texts("columns") or None
    header = _read_header(table)
    if (columns is None) == (header is None):
        table.fail("columns", "either columns or a header must name the columns, and not both")
    cases = _compile_cases(draft, columns)
    split = Delimited(
        separator=_read_text(table, "separator"),
        map={name: slot for name, slot in draft.slots.items() if name not in draft.prefix_names},
        columns=columns,
        header=header,
        repeat=table.get_flag("repeat"),
        quote=_read_text(table, "quote") if "quote" in table.values else None,
        quote_escape=_quote_escape(table),
        needs=table.get_texts("needs"),
        more=table.get_flag("more"),
        cases=cases,
        otherwise=_read_otherwise(table, cases),
        set=draft.merge_constants(table.place_below("", {})),
    )
    return split, None if columns is None else (*draft.prefix_names, *columns)


def _read_header(table: TomlTable) -> MarkerHeader | FirstLineHeader | None:
    if "header" not in table.values:
        return None
    if table.values["header"] == "first-line":
        return FirstLineHeader()
    if not isinstance(table.values["header"], dict):
        table.fail("header", 'must be "first-line" or { marker = "#Fields: " }')
    header = table.get_table("header")
    header.check_keys(("marker", "separator"))
    separator = _read_text(header, "separator") if "separator" in header.values else None
    if separator == table.values.get("separator"):
        header.fail("separator", "is the format's own; leave it out")
    return MarkerHeader(header.get_text("marker"), separator)


def _quote_escape(table: TomlTable) -> str | None:
    if "quote" not in table.values:
        return None
    return table.get_choice("quote_escape", ("double", "backslash"), "double")


def _read_text(table: TomlTable, key: str, default: str | None = None) -> str:
    value = table.get_text(key, default)
    if len(value.encode()) != 1:
        table.fail(key, f"{value!r} must be one ASCII character")
    return value


def _compile_json(draft: ProgramDraft) -> tuple[Split, tuple[str, ...]]:
    table = draft.table
    paths = table.get_table("paths")
    cases = _compile_cases(draft, tuple(paths.values))
    split = JsonFrame(
        paths=tuple(Path(_split_path(paths, name), draft.slots[name]) for name in paths.values if name in draft.slots),
        cases=cases,
        otherwise=_read_otherwise(table, cases),
        set=draft.merge_constants(table.place_below("", {})),
    )
    return split, (*draft.prefix_names, *paths.values)


def _compile_cases(draft: ProgramDraft, known: tuple[str, ...] | None) -> tuple[SlotCase, ...]:
    """The cases of the file, whose pieces get slots where no field uses them. `known` are the names that there are."""
    cases = draft.table.get_tables("case")
    for case in cases:
        case.check_keys(("when", "equals", "set", "comment"))
        when = case.get_text("when") if known is None else case.get_choice("when", known)
        draft.slots.setdefault(when, len(draft.slots))
    return tuple(
        SlotCase(
            slot=draft.slots[case.get_text("when")],
            equals=case.get_texts("equals") if "equals" in case.values else None,
            set={} if case.get_flag("comment") else draft.merge_constants(case),
            comment=case.get_flag("comment"),
        )
        for case in cases
    )


def _read_otherwise(table: TomlTable, cases: tuple[SlotCase, ...]) -> Otherwise:
    return Otherwise(table.get_choice("otherwise", tuple(Otherwise), "reject" if cases else "record"))


def read_paths(table: TomlTable) -> list[tuple[str, ...]]:
    """Return every path that a JSON format's file declares; none of another format."""
    paths = table.get_table("paths")
    return [_split_path(paths, name) for name in paths.values]


def _split_path(paths: TomlTable, name: str) -> tuple[str, ...]:
    """`dns.queries[].rrname` in its elements; a list of texts is taken as it is, for keys that hold a dot."""
    value = paths.values[name]
    if isinstance(value, str):
        elements = [part for part in value.replace("[]", ".[]").split(".") if part]
    else:
        elements = list(paths.get_texts(name))
    if not elements or elements[0] == "[]":
        paths.fail(name, "a path begins with a key of the object, such as dns.rrname or dns.queries[].rrname")
    return tuple(elements)


def _compile_keyvalue(draft: ProgramDraft) -> tuple[Split, None]:
    table = draft.table
    cases = _compile_cases(draft, None)
    if table.get_flag("spaced") and table.get_flag("strict"):
        table.fail("strict", "pairs are either spaced or strict")
    if table.get_flag("strict") and table.get_flag("once"):
        table.fail("once", "strict pairs are there once anyway; leave it out")
    split = KeyValue(
        map={name: slot for name, slot in draft.slots.items() if name not in draft.prefix_names},
        separator=_read_text(table, "separator", " "),
        equals=_read_text(table, "equals", "="),
        quote=_read_text(table, "quote") if "quote" in table.values else None,
        spaced=table.get_flag("spaced"),
        strict=table.get_flag("strict"),
        once=table.get_flag("once"),
        cases=cases,
        otherwise=_read_otherwise(table, cases),
        set=draft.merge_constants(table.place_below("", {})),
    )
    return split, None


def _compile_statements(draft: ProgramDraft) -> tuple[Split, None]:
    cases = _compile_cases(draft, None)
    names = {name: slot for name, slot in draft.slots.items() if name not in draft.prefix_names}
    for name in names:
        if " ".join(name.split()) != name:
            draft.table.fail("fields", f"{name!r} must be words apart by single spaces")
    split = Statements(
        map=names,
        cases=cases,
        otherwise=_read_otherwise(draft.table, cases),
        set=draft.merge_constants(draft.table.place_below("", {})),
    )
    return split, None


def _compile_dnstap(draft: ProgramDraft) -> tuple[Split, tuple[str, ...]]:
    cases = _compile_cases(draft, ("type",))
    split = Dnstap(
        map={name: slot for name, slot in draft.slots.items() if name in DNSTAP_PARTS},
        cases=cases,
        otherwise=_read_otherwise(draft.table, cases),
        set=draft.merge_constants(draft.table.place_below("", {})),
    )
    return split, DNSTAP_PARTS


WAYS: dict[str, Callable[[ProgramDraft], tuple[Split, tuple[str, ...] | None]]] = {
    "dissect": _compile_dissect,
    "delimited": _compile_delimited,
    "json": _compile_json,
    "keyvalue": _compile_keyvalue,
    "dnstap": _compile_dnstap,
    "statements": _compile_statements,
}


def _read_comments(table: TomlTable) -> tuple[str, ...]:
    comments = table.get_texts("comments")
    if "" in comments:
        table.fail("comments", "an empty text would make every frame a comment")
    return comments


def _read_required(table: TomlTable) -> tuple[str, ...]:
    required = table.get_texts("required", ("timestamp",))
    for name in required:
        if name not in field_rules.REQUIRABLE:
            table.fail("required", f"{name!r} is not allowed; allowed: {', '.join(field_rules.REQUIRABLE)}")
    return tuple(dict.fromkeys(("timestamp", *required)))


def _check_kinds(table: TomlTable, split: Split, rules: tuple[FieldRule, ...]) -> None:
    """Refuse a format of which a record could be of no kind."""
    if any(rule.field == "record_kind" for rule in rules):
        return
    if isinstance(split, Dissect):
        sets = [line.set for line in split.lines if not line.comment]
    else:
        sets = [case.set for case in split.cases if not case.comment]
        sets += [split.set] if not split.cases or split.otherwise is Otherwise.RECORD else []
    if any("record_kind" not in constants for constants in sets):
        table.fail("record_kind", f"every record needs one; allowed: {', '.join(field_rules.VALUES['record_kind'])}")
