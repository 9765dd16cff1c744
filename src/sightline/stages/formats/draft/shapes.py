"""Split lines of a log into named pieces: JSON objects, key=value pairs, columns."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sightline.stages.formats.draft.field_names import find_field
from sightline.stages.formats.draft.value_kinds import ValueKind, choose_value_kind

Row = dict[str, str]
"""The values of one line by the names of their pieces, without absent ones."""

ABSENT = ("", "-")
MOST = 0.75
SEPARATORS = "\t,;|~^\x01 "
HOLD_ADDRESSES = (ValueKind.ADDRESS, ValueKind.ENDPOINT, ValueKind.ADDRESSES)
MAX_PIECES = 120
LEAST_PAIRS = 3
KEY = re.compile(r"[A-Za-z_][\w.-]{0,60}")
PAIR = re.compile(rf"(?:^|(?<=[\s,;|]))({KEY.pattern})=(\"(?:[^\"\\]|\\.)*\"|[^\s,;|\"]*)")
COLUMN_NAME = re.compile(r"[A-Za-z_@#][\w ()./@#-]{0,60}")


@dataclass(frozen=True, slots=True)
class LineShape:
    """The shape of lines: the keys of the file before `[fields]`, the pieces in order, their values line by line."""

    by: str
    keys: tuple[str, ...]
    pieces: tuple[str, ...]
    rows: tuple[Row, ...]
    branches: tuple[str, ...] = ()

    def list_values(self, piece: str) -> list[str]:
        """Return the piece's values in the lines that have it."""
        return [row[piece] for row in self.rows if piece in row]


def find_keyed_shape(lines: Sequence[str]) -> LineShape | None:
    """Return the shape of lines with named pieces, in the first way that most lines follow."""
    return next((shape for find_shape in WAYS if (shape := find_shape(lines)) is not None), None)


def _find_json_shape(lines: Sequence[str]) -> LineShape | None:
    trees = [tree for line in lines if (tree := _parse_object(line)) is not None]
    if not lines or len(trees) < MOST * len(lines):
        return None
    rows = [dict(_list_scalars(tree, ())) for tree in trees]
    paths = list(dict.fromkeys(path for row in rows for path in row))[:MAX_PIECES] or [("time",)]
    names = _name_paths(paths)
    keys = ["", "[paths]"] + [f"{names[path]} = {_format_path(path)}" for path in paths]
    return LineShape(
        "json",
        (),
        tuple(names[path] for path in paths),
        tuple({names[path]: value for path, value in row.items() if path in names} for row in rows),
        branches=tuple(keys),
    )


def _parse_object(line: str) -> dict[str, object] | None:
    try:
        tree = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None


def _list_scalars(tree: dict[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Paths of an object with their first value."""
    for key, content in tree.items():
        path, value = (*above, key), content
        if isinstance(content, list):
            path, value = (*path, "[]"), next(iter(content), None)
        if isinstance(value, dict) and len(path) < 6:
            yield from _list_scalars(value, path)
        elif isinstance(value, str) and value not in ABSENT:
            yield path, value


def _name_paths(paths: list[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """A name for each path: its last keys, as many as make it the only one."""
    names: dict[tuple[str, ...], str] = {}
    for path in paths:
        words = [re.sub(r"\W+", "_", key).strip("_").lower() or "key" for key in path if key != "[]"]
        options = ["_".join(words[-count:]) for count in range(1, len(words) + 1)]
        options += [f"{options[-1]}_{number}" for number in range(2, len(paths) + 2)]
        taken = set(names.values())
        names[path] = next(name for name in options if name not in taken)
    return names


def _format_path(path: tuple[str, ...]) -> str:
    if all(re.fullmatch(r"[\w-]+", key) or key == "[]" for key in path):
        return format_toml_text(".".join(path).replace(".[]", "[]"))
    return "[" + ", ".join(format_toml_text(key) for key in path) + "]"


def _find_keyvalue_shape(lines: Sequence[str]) -> LineShape | None:
    result = [_split_pairs(line) for line in lines]
    if not lines or sum(len(pairs) >= LEAST_PAIRS for pairs in result) < MOST * len(lines):
        return None
    rows = [{key: value.strip('"') for key, value in pairs if value.strip('"') not in ABSENT} for pairs in result]
    separator = _find_separator(lines)
    keys = [] if separator == " " else [f"separator = {format_toml_text(separator)}"]
    keys += ["quote = '\"'"] if any(value.startswith('"') for pairs in result for _, value in pairs) else []
    keys += ["spaced = true"] if sum("CEF:0|" in line for line in lines) >= MOST * len(lines) else []
    return LineShape("keyvalue", tuple(keys), _list_columns(rows), tuple(rows))


def _split_pairs(line: str) -> list[tuple[str, str]]:
    """The pairs of a line; between tabs a value may hold spaces (LEEF)."""
    parts = [part.partition("=") for part in line.split("\t")]
    tabbed = [(key, value) for key, equals, value in parts if equals and KEY.fullmatch(key)]
    return tabbed if len(tabbed) >= LEAST_PAIRS else PAIR.findall(line)


def _find_separator(lines: Sequence[str]) -> str:
    """Return what most often stands before a key."""
    counts = Counter(line[match.start() - 1] for line in lines for match in PAIR.finditer(line) if match.start())
    return counts.most_common(1)[0][0] if counts else " "


def _find_marked_columns(lines: Sequence[str]) -> LineShape | None:
    """Columns named by a line #Fields:, apart by spaces or tabs."""
    header = next((line for line in lines if line.lower().startswith("#fields:")), None)
    if header is None:
        return None
    separator = "\t" if "\t" in next((line for line in lines if not line.startswith("#")), "") else " "
    marker, names = header[:8], header[8:].split()
    table = _build_table([line for line in lines if not line.startswith("#")], separator, names)
    apart = "" if separator == " " or "\t" in header else ', separator = " "'
    written = f"header = {{ marker = {format_toml_text(marker)}{apart} }}"
    keys = [f"separator = {format_toml_text(separator)}", "quote = '\"'", written]
    return LineShape("delimited", (*keys, 'comments = ["#"]'), tuple(dict.fromkeys(names)), tuple(table))


def _find_delimited_shape(lines: Sequence[str]) -> LineShape | None:
    """Columns apart by a sign, as many in most lines; by spaces only under a header.

    Blanks around the sign would be part of the columns: such lines are patterns.
    """
    for separator in SEPARATORS:
        counts = Counter(len(columns) for columns in _split(lines, separator))
        count, times = counts.most_common(1)[0] if counts else (0, 0)
        if count >= 4 and times >= MOST * len(lines) and (separator != " " or _says_fields(lines[0])):
            shape = _build_columns_shape(lines, separator, count)
            columns = [shape.list_values(piece) for piece in shape.pieces]
            stripped = [[value.strip(" ") for value in values] for values in columns]
            is_named = shape.keys[-1].startswith("header")
            if _has_addresses(columns) or (is_named and not _has_addresses(stripped)):
                return shape
    return None


def _has_addresses(columns: Sequence[list[str]]) -> bool:
    return any(choose_value_kind(values) in HOLD_ADDRESSES for values in columns)


def _says_fields(line: str) -> bool:
    """Return whether words of a line are names of fields: then it is a header, and no sentence."""
    return (
        sum(
            find_field(word, kind) is not None
            for word in line.split()
            for kind in (ValueKind.ADDRESS, ValueKind.NUMBER)
        )
        > 1
    )


def _build_columns_shape(lines: Sequence[str], separator: str, count: int) -> LineShape:
    first = next(_split(lines[:1], separator))
    named = len(first) == count and len(set(first)) == count and all(COLUMN_NAME.fullmatch(name) for name in first)
    named = named and not any(character.isdigit() for name in first for character in name[:1])
    names = first if named else [f"column{number}" for number in range(1, count + 1)]
    keys = [f"separator = {format_toml_text(separator)}"]
    keys += ["quote = '\"'"] if any('"' in line for line in lines) else []
    keys.append(
        'header = "first-line"' if named else f"columns = [{', '.join(format_toml_text(name) for name in names)}]"
    )
    return LineShape("delimited", tuple(keys), tuple(names), tuple(_build_table(lines[named:], separator, names)))


def _build_table(lines: Sequence[str], separator: str, names: list[str]) -> list[Row]:
    rows = [columns for columns in _split(lines, separator) if len(columns) == len(names)]
    return [{name: value for name, value in zip(names, row, strict=True) if value not in ABSENT} for row in rows]


def _split(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    """The columns of each line; a line whose quotes go wrong has one."""
    for line in lines:
        try:
            yield next(csv.reader([line], delimiter=separator, strict=True), [])
        except csv.Error:
            yield [line]


def _list_columns(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in row))[:MAX_PIECES]


def format_toml_text(text: str) -> str:
    """Return a text as TOML writes it: in single quotes if possible."""
    if "'" not in text and text.isprintable():
        return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'
    return json.dumps(text).replace("\x7f", "\\u007f")


WAYS: tuple[Callable[[Sequence[str]], LineShape | None], ...] = (
    _find_json_shape,
    _find_marked_columns,
    _find_keyvalue_shape,
    _find_delimited_shape,
)
