"""Clean the text of a cell of a reply. What a spreadsheet mangled is refused, never repaired."""

from __future__ import annotations

import re
import unicodedata

from sightline.model import ReplyCode
from sightline.stages.tabular import cell_rules
from sightline.stages.tabular.cell_rules import TEXT_LIMIT

ABSENT = cell_rules.ABSENT | {"n.a.", "nil"}
"""Indian exports also write `N.A.` and `NIL`. In a tip either may be a name of an account."""
_MARK = "\0\0"
_MARKED = {f"{_MARK}{code.value}": code for code in ReplyCode}
_FORMULA_OF_TEXT = re.compile(r'="([^"]*)"')
"""How an export stops a spreadsheet from turning a text into a number."""
SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE]\+?[0-9]+|[+-]?[0-9]+[.,][0-9]*[eE][+-]?[0-9]+", re.ASCII)


class UnreadableValue(Exception):
    """An unreadable value. `code` has the reason."""

    def __init__(self, code: ReplyCode) -> None:
        super().__init__(code.value)
        self.code = code


def clean_text(text: str) -> str | None:
    """Return the text in NFC, without surrounding blanks, or None if it means "nothing". Raises UnreadableValue."""
    if len(text) > TEXT_LIMIT:
        raise UnreadableValue(ReplyCode.VALUE_TOO_LONG)
    if cell_rules.is_undecodable(text):
        raise UnreadableValue(ReplyCode.NOT_UTF8)
    if text.startswith(_MARK) and (code := _MARKED.get(text)):
        raise UnreadableValue(code)
    bare = cell_rules.strip_blanks(text)
    if len(bare) > 1 and bare[0] == "'" and bare[1].isdigit() and bare.count("'") == 1:
        bare = bare[1:]
    elif quoted := _FORMULA_OF_TEXT.fullmatch(bare):
        bare = cell_rules.strip_blanks(quoted[1])
    if cell_rules.is_overflow(bare):
        raise UnreadableValue(ReplyCode.OVERFLOW_CELL)
    if cell_rules.is_error(bare):
        raise UnreadableValue(ReplyCode.ERROR_CELL)
    return None if bare.lower() in ABSENT else unicodedata.normalize("NFC", bare)


_TO_ASCII = {
    **dict.fromkeys(map(chr, (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)), " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2212", "-"),
    **{chr(one): chr(one - 0xFEE0) for one in range(0xFF01, 0xFF5F) if not chr(one).isdecimal()},
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff", ""),
}
"""Blanks, dashes and signs of full width as programs write them in ASCII; marks without width are left out."""


def normalise_figures(text: str) -> str:
    """Return a number, an address or a time with the figures 0 to 9: other scripts have their own (`\u096f` is 9).

    Any other text is returned unchanged: so is one with figures of two scripts, which nobody writes.
    """
    if text.isascii():
        return text
    zeros = {ord(character) - unicodedata.decimal(character) for character in text if character.isdecimal()}
    if len(zeros) > 1:
        return text
    plain = [
        str(unicodedata.decimal(character)) if character.isdecimal() else _TO_ASCII.get(character, character)
        for character in text
    ]
    return "".join(plain).strip()


def format_odd_cell_mark(code: ReplyCode) -> str:
    """Return the mark for a cell whose content differs from what was written."""
    return f"{_MARK}{code.value}"


def refuse_mangled(text: str) -> None:
    """Raise UnreadableValue for `9.19847E+11`, `919847012345.0` and `9,198,470`, which are not what was written."""
    if SCIENTIFIC.fullmatch(text) or re.fullmatch(r"[0-9]+[.,]0*|[0-9]{1,3}(?:,[0-9]{2,3})+", text, re.ASCII):
        raise UnreadableValue(ReplyCode.MANGLED_NUMBER)
