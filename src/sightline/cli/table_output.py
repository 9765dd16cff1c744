"""Rows of the workspace for people, in columns that cannot disturb a terminal, and for programs, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sightline.cli.terminal_text import Colour, colour_text, escape_text

MICROSECONDS = 1_000_000
COLOURS: Mapping[str, Colour] = MappingProxyType(
    {"urgent": Colour.RED, "high": Colour.YELLOW, "refused": Colour.RED, "recalled": Colour.RED}
)


def format_columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of rows, each column as wide as its widest text. Bands and states have their colours on a terminal."""
    escaped = [[escape_text(text) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*escaped, strict=True)]
    state = next((at for at, text in enumerate(escaped[0]) if text in {"BAND", "STATE"}), None) if escaped else None
    for row in escaped:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        line = "  ".join(cells).rstrip()
        if state is not None and (colour := choose_state_colour(row[state])) is not None:
            begin = len("  ".join([*cells[:state], ""]))
            end = begin + len(row[state])
            line = f"{line[:begin]}{colour_text(line[begin:end], colour, sys.stdout)}{line[end:]}"
        yield line


def choose_state_colour(text: str) -> Colour | None:
    """Return the colour of a band or a state; None for one that asks for no attention."""
    return Colour.RED if text.endswith(", overdue") else COLOURS.get(text)


def format_fields(rows: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Lines of names and what they stand for; what is None is left out."""
    return format_columns([(name, str(value)) for name, value in rows if value is not None])


def format_minute(at_us: int | None) -> str | None:
    """An instant for people, in UTC."""
    return None if at_us is None else f"{_to_instant(at_us):%Y-%m-%d %H:%M} UTC"


def as_json(row: Any, **more: object) -> str:  # noqa: ANN401  - any row of the record
    """A row of the record as a JSON object: instants in RFC 3339, keys in hex, lists and objects as such."""
    object_json: dict[str, object] = {}
    for field in fields(row):
        name, value = _to_plain(field.name, getattr(row, field.name))
        object_json[name] = value
    return json.dumps(object_json | more, ensure_ascii=False)


def _to_plain(name: str, value: Any) -> tuple[str, object]:  # noqa: ANN401
    if name.endswith("_at_us") or (name.endswith("_us") and name != "clock_offset_us"):
        return name.removesuffix("_us"), None if value is None else _to_instant(value).isoformat().replace(
            "+00:00", "Z"
        )
    if name.endswith("_json"):
        return name.removesuffix("_json"), json.loads(value)
    return name, value.hex() if isinstance(value, bytes) else value


def _to_instant(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // MICROSECONDS, UTC).replace(microsecond=at_us % MICROSECONDS)
