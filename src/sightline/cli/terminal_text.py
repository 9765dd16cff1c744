"""Texts that are safe to print on a terminal."""

from __future__ import annotations

import os
from enum import Enum
from typing import TextIO

from sightline.message_text import MAX_NAME_CHARS, format_message_text


class Colour(Enum):
    """A colour, by its ANSI code."""

    RED = 31
    YELLOW = 33


def escape_text(path: str) -> str:
    """A text that cannot disturb a terminal: control characters as escapes, bytes that are not UTF-8 as `\\xHH`."""
    whole = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in whole)


def escape_name(name: str) -> str:
    """A name that others chose, such as that of a file in an archive: as `escape_text`, at most 120 characters."""
    return escape_text(format_message_text(name, MAX_NAME_CHARS))


def colour_text(text: str, colour: Colour, stream: TextIO) -> str:
    """The text in a colour, on a terminal and unless NO_COLOR is set; elsewhere as it is."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()
    return f"\x1b[{colour.value}m{text}\x1b[0m" if is_wanted else text
