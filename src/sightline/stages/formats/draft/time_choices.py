"""The pieces of a line that can be its time, and in which layout, where a draft has to ask."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from sightline.errors import UsageError
from sightline.stages.formats.draft.proposal import format_time_rule, get_line_pattern, join_rules
from sightline.stages.formats.draft.shapes import LineShape
from sightline.stages.formats.draft.time_detection import SINCE_1970, find_layouts
from sightline.stages.formats.draft.time_layouts import (
    EXAMPLE,
    fits_texts,
    format_layout_words,
    list_possible_layouts,
    parse_written_layout,
)
from sightline.stages.formats.text_shape import mask_frame

MOST_PIECES = 5
"""Pieces in a row that together can be one time."""
MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """A time that lines can hold: its rule in TOML, the pieces that hold it, and its layouts in words."""

    rule: str
    pieces: tuple[str, ...]
    words: tuple[str, ...]


def parse_time_choice(rule: str) -> TimeChoice:
    """Return the choice that a rule for the timestamp makes."""
    result = tomllib.loads(f"time = {rule}")["time"]
    tables = result if isinstance(result, list) else [result]
    pieces, layouts = (
        [path for table in tables for path in ([table[key]] if isinstance(table[key], str) else table[key])]
        for key in ("from", "layouts")
    )
    return TimeChoice(rule, tuple(pieces), tuple(dict.fromkeys(map(format_layout_words, layouts))))


def list_possible_times(shape: LineShape) -> tuple[TimeChoice, ...]:
    """Return the times that pieces in a row can hold, if none is recognised. At most twelve.

    A number of seconds or milliseconds since 1970 is one of them where its key does not say that it is a time.
    """
    time_choices = [
        parse_time_choice(format_time_rule((piece,), layouts))
        for piece in shape.pieces
        if (layouts := find_layouts(shape.list_values(piece), counted=True))
        and set(layouts) <= set(SINCE_1970.values())
    ]
    covered: set[tuple[str, str]] = set()
    for start, piece in enumerate(shape.pieces):
        for count in range(1, MOST_PIECES + 1):
            layouts = list_possible_layouts(_join_texts(shape, _select_pieces(shape, start, count)))
            for layout in layouts:
                if (piece, layout) not in covered:
                    choice = parse_time_choice(_build_rule_of_all_patterns(shape, start, layout))
                    covered.update((piece, layout) for piece in choice.pieces)
                    time_choices.append(choice)
            if layouts:
                break
    return tuple(time_choices[:MOST_CHOICES])


def format_described_rule(shape: LineShape, piece: str, text: str) -> str:
    """Return the rule of a time that begins with a piece and has a layout in words. Raises UsageError."""
    layout = parse_written_layout(text)
    if piece not in shape.pieces:
        raise UsageError("the lines have no such piece", hint="choose where the time begins")
    start = shape.pieces.index(piece)
    if _find_rule(shape, start, layout) is not None:
        return _build_rule_of_all_patterns(shape, start, layout)
    like = " ".join(
        mask_frame(shape.list_values(piece)[0].encode())
        for piece in shape.pieces[start:][:2]
        if shape.list_values(piece)
    )
    raise UsageError(
        f"the time is not written so: {format_layout_words(layout)}",
        hint=f"the lines have {like} there; write the layout with all its signs, such as {EXAMPLE}",
    )


def _build_rule_of_all_patterns(shape: LineShape, start: int, layout: str) -> str:
    """Return the rule of a time of that layout: where it is chosen, and its first place in each further pattern."""
    lines = dict.fromkeys(map(get_line_pattern, shape.pieces))
    lines.pop(get_line_pattern(shape.pieces[start]))
    rules = [_find_rule(shape, start, layout)]
    for line in lines:
        places = (at for at, piece in enumerate(shape.pieces) if get_line_pattern(piece) == line)
        rules.append(next((rule for at in places if (rule := _find_rule(shape, at, layout)) is not None), None))
    return join_rules([rule for rule in rules if rule is not None])


def _find_rule(shape: LineShape, start: int, layout: str) -> str | None:
    """Return the rule of a time that begins with a piece, or None if its pattern has no such time there."""
    for count in range(1, MOST_PIECES + 1):
        pieces = _select_pieces(shape, start, count)
        if pieces and fits_texts(layout, _join_texts(shape, pieces)):
            return format_time_rule(pieces, (layout,))
    return None


def _select_pieces(shape: LineShape, start: int, count: int) -> tuple[str, ...]:
    """Return pieces in a row, all of one pattern, or nothing."""
    pieces = shape.pieces[start : start + count]
    return pieces if len(pieces) == count and len(set(map(get_line_pattern, pieces))) == 1 else ()


def _join_texts(shape: LineShape, pieces: tuple[str, ...]) -> list[str]:
    """Return what pieces hold together in each line that has them all. Nothing if most lines of the pattern do not."""
    if not pieces:
        return []
    own = {piece for piece in shape.pieces if get_line_pattern(piece) == get_line_pattern(pieces[0])}
    rows = [row for row in shape.rows if not own.isdisjoint(row)]
    texts = [" ".join(row[piece] for piece in pieces) for row in rows if all(piece in row for piece in pieces)]
    return texts if len(texts) * 2 >= len(rows) else []
