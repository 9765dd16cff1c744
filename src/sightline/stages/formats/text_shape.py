"""Mask a text to its shape without its content, to show why it is unreadable or what a piece contains.

A scan shows shapes on a terminal only. A file holds them only where it is a draft of a format.
"""

from __future__ import annotations

from collections.abc import Iterable

MAX_LENGTH = 80
MAX_EXAMPLES = 3


def mask_frame(frame: bytes, most: int = MAX_LENGTH) -> str:
    """Return the first 80 characters of a frame, or `most`, masked.

    Letters become x, digits 9, unprintable ones a dot; the rest is unchanged.
    """
    return "".join(_mask_character(character) for character in frame[: 4 * most].decode("utf-8", "replace")[:most])


def choose_examples(frames: Iterable[bytes]) -> tuple[str, ...]:
    """Return at most three masked frames, in order, without repeated shapes."""
    shapes: dict[str, None] = {}
    for frame in frames:
        shapes.setdefault(mask_frame(frame))
        if len(shapes) == MAX_EXAMPLES:
            break
    return tuple(shapes)


def _mask_character(character: str) -> str:
    if character.isdigit() or character.isnumeric():
        return "9"
    if character.isalpha() or not character.isascii():
        return "x" if character.isprintable() else "."
    return character if character.isprintable() else "."
