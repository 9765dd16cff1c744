"""The shape of a text without its content, to show why it cannot be read or what a piece holds.

A scan shows shapes on a terminal only. A file holds them only where it is a draft of a format.
"""

from __future__ import annotations

from collections.abc import Iterable

MAX_LENGTH = 80
MAX_EXAMPLES = 3


def masked(frame: bytes) -> str:
    """The first 80 characters of a frame, letters as x, digits as 9, what is not printable as a dot, the rest kept."""
    return "".join(_mask(character) for character in frame[: 4 * MAX_LENGTH].decode("utf-8", "replace")[:MAX_LENGTH])


def examples(frames: Iterable[bytes]) -> tuple[str, ...]:
    """At most three masked frames, in order, no shape twice."""
    shapes: dict[str, None] = {}
    for frame in frames:
        shapes.setdefault(masked(frame))
        if len(shapes) == MAX_EXAMPLES:
            break
    return tuple(shapes)


def _mask(character: str) -> str:
    if character.isdigit() or character.isnumeric():
        return "9"
    if character.isalpha() or not character.isascii():
        return "x" if character.isprintable() else "."
    return character if character.isprintable() else "."
