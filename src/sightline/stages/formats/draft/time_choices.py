"""Which pieces of a line can hold its time, and in which layout, where a draft has to ask."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from sightline.errors import UsageError
from sightline.stages.formats.draft.proposal import time_rule
from sightline.stages.formats.draft.shapes import Shape
from sightline.stages.formats.draft.time_layouts import EXAMPLE, layout_words, possible_layouts, reads, written_layout
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


def choice_of(rule: str) -> TimeChoice:
    """Return the choice that a rule for the timestamp makes."""
    table = tomllib.loads(f"time = {rule}")["time"]
    pieces, layouts = ((one,) if isinstance(one, str) else tuple(one) for one in (table["from"], table["layouts"]))
    return TimeChoice(rule, pieces, tuple(map(layout_words, layouts)))


def possible_times(shape: Shape) -> tuple[TimeChoice, ...]:
    """Return the times that pieces in a row can hold, if none is recognised. At most twelve."""
    found: list[TimeChoice] = []
    for start in range(len(shape.pieces)):
        for count in range(1, MOST_PIECES + 1):
            pieces = shape.pieces[start : start + count]
            layouts = possible_layouts(_texts(shape, pieces)) if len(pieces) == count else ()
            found += [choice_of(time_rule(pieces, (one,))) for one in layouts]
            if layouts:
                break
    return tuple(found[:MOST_CHOICES])


def described_rule(shape: Shape, piece: str, text: str) -> str:
    """Return the rule of a time that begins with a piece and has a layout in words. Raises UsageError."""
    layout = written_layout(text)
    if piece not in shape.pieces:
        raise UsageError("the lines have no such piece", hint="choose where the time begins")
    start = shape.pieces.index(piece)
    for count in range(1, MOST_PIECES + 1):
        pieces = shape.pieces[start : start + count]
        if len(pieces) == count and reads(layout, _texts(shape, pieces)):
            return time_rule(pieces, (layout,))
    like = " ".join(mask_frame(shape.values(one)[0].encode()) for one in shape.pieces[start:][:2] if shape.values(one))
    raise UsageError(
        f"the time is not written so: {layout_words(layout)}",
        hint=f"the lines have {like} there; write the layout with all its signs, such as {EXAMPLE}",
    )


def _texts(shape: Shape, pieces: tuple[str, ...]) -> list[str]:
    """Return what pieces hold together in each line that has them all. Nothing if most lines do not."""
    texts = [" ".join(row[one] for one in pieces) for row in shape.rows if all(one in row for one in pieces)]
    return texts if len(texts) * 2 >= len(shape.rows) else []
