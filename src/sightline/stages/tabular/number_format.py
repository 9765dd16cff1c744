"""Read a workbook's number formats: whether a number is displayed as a date, and with seconds (ECMA-376, 18.8.30)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sightline.stages.tabular.markup import Handler

_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_WITH_SECONDS = frozenset({19, 21, 45, 46, 47})
_QUOTED = re.compile(r'"([^"]*)"')
_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The display format of a number."""

    is_date: bool = False
    shows_seconds: bool = True


PLAIN = NumberFormat()
MOST_CODE = 255
"""Letters of a format code that are examined. A workbook's codes are no longer than that (Excel's own limit)."""


def display_of_code(code: str) -> NumberFormat:
    """Return how a format code displays numbers. Literal text, colours and languages in it are ignored."""
    signs = _ASIDE.sub("", code[:MOST_CODE].partition(";")[0]).lower()
    is_date = "general" not in signs and any(sign in signs for sign in "ymdhs")
    return NumberFormat(is_date, not is_date or "s" in signs)


def display_of_id(number: int) -> NumberFormat:
    """Return how one of the built-in formats displays numbers."""
    is_date = number in _DATES
    return NumberFormat(is_date, not is_date or number in _WITH_SECONDS)


@dataclass(slots=True)
class Styles(Handler):
    """Reads the styles part. `formats`, and whether it is `struck` out, are by the style number of cells.

    `literals`: texts that the formats of cells write beside numbers, such as `(old)`.
    """

    formats: list[NumberFormat] = field(default_factory=list)
    _codes: dict[int, str] = field(default_factory=dict)
    struck: list[bool] = field(default_factory=list)
    literals: set[str] = field(default_factory=set)
    _fonts: list[bool] = field(default_factory=list)
    _is_in_cells: bool = False
    _is_in_fonts: bool = False

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
        """Store a format's code, or the format of a cell's style."""
        bare = name.rpartition(":")[2]
        number = int(text) if (text := attributes.get("numFmtId", "0")).isdecimal() and len(text) < 10 else 0
        if bare == "numFmt":
            self._codes[number] = attributes.get("formatCode", "")
        elif bare == "fonts":
            self._is_in_fonts = True
        elif bare == "font" and self._is_in_fonts:
            self._fonts.append(False)
        elif bare == "strike" and self._is_in_fonts and self._fonts:
            self._fonts[-1] = attributes.get("val", "1") not in {"0", "false"}
        elif bare in {"cellXfs", "cellStyleXfs", "dxfs"}:
            self._is_in_fonts = False
            self._is_in_cells = bare == "cellXfs"
        elif bare == "xf" and self._is_in_cells:
            font = attributes.get("fontId", "0")
            self.struck.append(font in {str(at) for at, is_struck in enumerate(self._fonts) if is_struck})
            code = self._codes.get(number)
            self.literals |= {quoted.strip() for quoted in _QUOTED.findall((code or "")[:MOST_CODE]) if quoted.strip()}
            self.formats.append(display_of_id(number) if code is None else display_of_code(code))
