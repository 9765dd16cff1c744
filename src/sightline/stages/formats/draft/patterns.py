"""Derive patterns from lines: literal text between the pieces, and a piece wherever lines differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.stages.formats.draft.shapes import (
    ABSENT,
    HOLD_ADDRESSES,
    MAX_PIECES,
    MOST,
    LineShape,
    Row,
    format_toml_text,
)
from sightline.stages.formats.draft.time_detection import TIME, find_layouts
from sightline.stages.formats.draft.value_kinds import DNS_TYPES, METHODS, ValueKind, choose_value_kind

ADDRESS = r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+"
TOKEN = re.compile(
    rf'(?P<time>(?:{TIME})(?=[\s,;|\])>"]|: |$))'
    rf"|(?P<open>[(<{{])(?={TIME})"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*)"(?=[\s,;:)\]]|$)'
    r"|(?P<endpoint>\[[0-9A-Fa-f:.%]*:[0-9A-Fa-f:.%]*:[0-9A-Fa-f:.%]*\]:\d+)"
    rf"|(?P<addresses>{ADDRESS}(?:, ?{ADDRESS})+)(?=[\s\"'\])>;|]|$)"
    r"|\[(?P<bracket>[^\]\[]*)\]"
    r"|(?P<spaces>\s+)"
    r"|(?P<key>[A-Za-z_][\w.-]*=)(?=[^\s=])"
    r"|(?P<arrow>[-=]>)"
    r'|(?P<word>(?:(?![-=]>)[^\s"\[])+)'
    r"|(?P<other>.)"
)
OPENING, CLOSING = "(<{'", ")>}',;:]"
LISTED = re.compile(r"[^,;|]*(?:([,;|])[^,;|]*)(?:\1[^,;|]*){2,}")
WORD = re.compile(r"[A-Za-z][A-Za-z_-]*")
TIME_PART = re.compile(r"[0-9]{1,4}(?:[./:,-][0-9]{1,6}){1,6}|[0-9]{6}|[0-9]{8}|[0-9]{10}|[0-9]{12,14}")
WEEKDAYS = frozenset("Mon Tue Wed Thu Fri Sat Sun".split())
MONTHS = frozenset("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
ENOUGH_TO_TELL = 3
MAX_LINES = 8
SHORTEST_HEAD = 3
PADDED = (" | ", " ; ", " , ", " - ", ", ", "; ")
LEAST_COLUMNS = 4
MOST_LAST = 9


@dataclass(frozen=True, slots=True)
class Text:
    """A line in parts: `literals` are before, between and after its `pieces`, so there is one more of them."""

    literals: tuple[str, ...]
    pieces: tuple[tuple[str, str], ...]

    def take_head(self, count: int) -> Text:
        """Return the first pieces, with the rest as one more piece."""
        behind = zip(self.pieces[count:], self.literals[count + 1 :], strict=True)
        rest = "".join(value + literal for (_, value), literal in behind)
        return Text((*self.literals[: count + 1], ""), (*self.pieces[:count], ("rest", rest)))


def find_pattern_shape(lines: Sequence[str]) -> LineShape:
    """Return the dissect shape of lines: the patterns that most lines follow, at most eight."""
    branches: list[str] = []
    rows: list[Row] = []
    order: dict[str, None] = {}
    for number, group in enumerate(_group_texts(_split_lines(lines)), 1):
        names, pattern = _build_pattern(group, number)
        order.update(dict.fromkeys(name for name in names if name))
        rows += [_build_row(names, text) for text in group]
        branches += [
            "",
            f"[[line]] # as {len(group):,} of {len(lines):,} lines",
            f"pattern = {format_toml_text(pattern)}",
        ]
    if not order:
        return LineShape("dissect", (), ("text1",), (), branches=("", "[[line]]", 'pattern = "%{text1}"'))
    return LineShape("dissect", (), tuple(order), tuple(rows), branches=tuple(branches))


def _build_row(names: list[str | None], text: Text) -> Row:
    pieces = zip(names, text.pieces, strict=True)
    return {name: value for name, (_, value) in pieces if name and value not in ABSENT}


def _split_lines(lines: Sequence[str]) -> list[Text]:
    """Lines as columns where a sign with blanks around it stands between them and one holds addresses, or in parts.

    Two columns of free text make no columns: a sign in one of them could move what stands between them.
    """
    for separator in PADDED:
        rows = [line.split(separator) for line in lines if '"' not in line]
        count, times = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        if count < LEAST_COLUMNS or times < MOST * len(lines):
            continue
        texts = [_join_columns(row, separator) for row in rows if len(row) == count]
        same = _find_largest_group(texts)
        columns = [[text.pieces[place][1] for text in same] for place in range(len(same[0].pieces))]
        kinds = [choose_value_kind([value for value in values if value not in ABSENT]) for values in columns]
        if any(kind in HOLD_ADDRESSES for kind in kinds) and kinds.count(ValueKind.TEXT) < 2:
            return [
                _join_columns(row, separator) if len(row := line.split(separator)) == count else _split_line(line)
                for line in lines
            ]
    return [_split_line(line) for line in lines]


def _join_columns(columns: Sequence[str], separator: str) -> Text:
    """Columns as a line; one that begins with a method and has one word behind it is two pieces."""
    literals, pieces = [""], []
    for column in columns:
        method, blank, target = column.partition(" ")
        if method in METHODS and blank and target and " " not in target:
            pieces += [("padded", method), ("padded", target)]
            literals += [" ", separator]
        else:
            pieces.append(("padded", column))
            literals.append(separator)
    return Text((*literals[:-1], ""), tuple(pieces))


def _split_line(line: str) -> Text:
    """A line in literal texts and pieces; two literals never touch, nor do two pieces."""
    parts: list[tuple[str, str]] = []
    for match in TOKEN.finditer(line):
        how, text = str(match.lastgroup), match[str(match.lastgroup)]
        if how == "quoted":
            parts += [("", '"'), (how, text), ("", '"')]
        elif how == "bracket":
            parts += [("", "["), (how, text), ("", "]")]
        elif how == "word":
            parts += _split_word(text)
        else:
            parts.append((how if how in ("time", "endpoint", "addresses") else "", text))
    literals: list[str] = [""]
    pieces: list[tuple[str, str]] = []
    for how, text in parts:
        if how and pieces and not literals[-1]:
            pieces[-1] = ("word", pieces[-1][1] + text)
        elif how:
            pieces.append((how, text))
            literals.append("")
        else:
            literals[-1] += text
    text = Text(tuple(literals), tuple(pieces))
    return text.take_head(MAX_PIECES) if len(pieces) > MAX_PIECES else text


def _split_word(word: str) -> list[tuple[str, str]]:
    """A word without the signs around it, a list of three and more in its parts."""
    inner = word.lstrip(OPENING).rstrip(CLOSING)
    start = len(word) - len(word.lstrip(OPENING))
    before, behind = word[:start], word[start + len(inner) :]
    if set(before + behind) & set(inner):
        before, inner, behind = "", word, ""
    parts = [("word", inner)] if inner else []
    listed = LISTED.fullmatch(word)
    if listed and "/" not in word[:1] and "://" not in word:
        before, behind = "", ""
        parts = [part for text in word.split(listed[1]) for part in (("", listed[1]), ("column", text))][1:]
    return [("", before), *parts, ("", behind)]


def _group_texts(texts: list[Text]) -> list[list[Text]]:
    """Lines of the same skeleton together, the most frequent first; lines that share only a head by that."""
    groups: list[list[Text]] = []
    left = texts
    while left and len(groups) < MAX_LINES:
        same = _find_largest_group(left)
        others: list[Text] = []
        are_many = len({_derive_skeleton(text) for text in left}) > MAX_LINES - len(groups)
        if are_many and len(same) < max(2, len(left) // 20):
            heads, others = _split_by_head(left)
            same = heads or same
        if not others:
            key = _derive_skeleton(same[0])
            others = [text for text in left if _derive_skeleton(text) != key]
        groups.append(same)
        left = others
    return groups


def _find_largest_group(texts: list[Text]) -> list[Text]:
    key = Counter(_derive_skeleton(text) for text in texts).most_common(1)[0][0]
    return [text for text in texts if _derive_skeleton(text) == key]


def _split_by_head(texts: list[Text]) -> tuple[list[Text], list[Text]]:
    """The lines that share the longest beginning which half of them share, cut there; and the others."""
    for count in range(max(len(text.pieces) for text in texts) - 1, SHORTEST_HEAD - 1, -1):
        heads = [text.take_head(count) for text in texts if len(text.pieces) > count]
        same = _find_largest_group(heads) if heads else []
        if len(same) * 2 > len(texts):
            key = _derive_skeleton(same[0])
            return same, [t for t in texts if len(t.pieces) <= count or _derive_skeleton(t.take_head(count)) != key]
    return [], []


def _derive_skeleton(text: Text) -> tuple[object, ...]:
    """What lines of one pattern share: literal texts (spaces apart), which pieces are quoted, how long a time is.

    An address of the other family stands in a pattern of its own: what follows it may be other columns.
    """
    literals = tuple(re.sub(r" {2,}", "  ", literal) for literal in text.literals)
    return literals, tuple(_derive_mark(how, value) for how, value in text.pieces)


def _derive_mark(how: str, value: str) -> str | int | bool:
    if how == "time":
        return len(value)
    return how == "quoted" or (how == "column" and ":" in value)


def _build_pattern(group: list[Text], number: int) -> tuple[list[str | None], str]:
    """The names of a group's pieces (None: literal text, or dropped), and its pattern."""
    counts: Counter[str] = Counter()
    names: list[str | None] = []
    pattern = _format_literal(group[0].literals[0])
    for place, (how, first) in enumerate(group[0].pieces):
        values = [text.pieces[place][1] for text in group]
        following = group[0].literals[place + 1]
        if _is_constant(values, how):
            names.append(None)
            pattern += _format_literal(first)
        else:
            kind = _choose_kind(how, place, [value for value in values if value not in ABSENT])
            counts[kind] += 1
            name = _name_piece(kind, counts[kind], number, may_be_time=all(map(TIME_PART.fullmatch, values)))
            names.append(name)
            take = _choose_last_take(group[0], place, how, kind)
            pattern += f"%{{{name or ''}{take or _choose_take(how, values, following)}}}"
        pattern += _format_literal(following)
    return names, pattern


def _choose_kind(how: str, place: int, values: list[str]) -> ValueKind:
    """Return what a piece is; a number that begins every line and can be a time since 1970 is one."""
    if how == "rest":
        return ValueKind.TEXT
    return ValueKind.TIME if place == 0 and find_layouts(values, counted=True) else choose_value_kind(values)


def _name_piece(kind: ValueKind, count: int, number: int, *, may_be_time: bool) -> str | None:
    """The name of a piece; it belongs to its pattern, as the first address of another may be somebody else's.

    Times are alike in all. A place of uncertain kind has a name in the first pattern only, as a name keeps a value, or
    where an officer may describe it as a time.
    """
    if number == 1 or kind is ValueKind.TIME:
        return f"{kind}{count}"
    is_uncertain = kind in (ValueKind.NUMBER, ValueKind.WORD, ValueKind.TEXT) and not may_be_time
    return None if is_uncertain else f"line{number}_{kind}{count}"


def _is_constant(values: list[str], how: str) -> bool:
    """Return whether lines enough to tell all hold the same plain word there."""
    same = len(values) >= ENOUGH_TO_TELL and len(set(values)) == 1 and how == "word"
    return same and bool(WORD.fullmatch(values[0])) and values[0] not in METHODS | DNS_TYPES | WEEKDAYS | MONTHS


def _choose_take(how: str, values: list[str], following: str) -> str:
    if how == "quoted" and following.startswith('"'):
        return ":quoted"
    if how == "time" and " " in values[0]:
        return f":{len(values[0])}"
    if how == "rest" or any(" " in value or "\t" in value or not value for value in values):
        return ""
    return ":number" if all(value.isdecimal() and value.isascii() for value in values) else ":word"


def _choose_last_take(text: Text, place: int, how: str, kind: ValueKind) -> str:
    """Return how a piece is taken that can hold the text behind it: up to the last place of that text that fits.

    A list of addresses with blanks between them ends before the blanks up to the next other literal text, or up to the
    end of the line. A column of free text ends before as many columns as stand behind it.
    """
    literals = text.literals[place + 1 :]
    count, stop = 0, ""
    if kind is ValueKind.ADDRESSES and how != "padded":
        count = next((at for at, literal in enumerate(literals) if literal != " "), len(literals))
        stop = f":{literals[count]}" if count < len(literals) and literals[count] else ""
    elif kind is ValueKind.TEXT and how == "padded":
        count = literals.count(literals[0])
    return f":last{'' if count == 1 else count}{stop}" if 0 < count <= MOST_LAST and literals[0] else ""


def _format_literal(text: str) -> str:
    """A literal text; where several spaces stand their count may vary."""
    return re.sub(r" {2,}", " %{>}", text.replace("%", "%%"))
