"""Write CSV cells safely: the one rule for every CSV file that Sightline writes.

The kernel's `scan/text_formats.rs` follows it too.
"""

from __future__ import annotations

import json

_NEEDS_QUOTES = frozenset(',"\r\n')

FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Characters that start a formula in a spreadsheet (OWASP, CSV Injection), full-width forms included."""


def make_literal_text(text: str) -> str:
    """Return a text that a spreadsheet displays and never evaluates: an apostrophe precedes a possible formula.

    Cells hold text that visitors typed into a log, so it may be a formula on purpose.
    """
    return f"'{text}" if text[:1] and text[0] in FORMULA_STARTS else text


def format_csv_cell(cell: object) -> str:
    """Return a cell as RFC 4180 text.

    None becomes an empty cell, an empty text is quoted, a list or object becomes JSON.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return str(cell)
    if isinstance(cell, list | dict):
        cell = json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
    text = make_literal_text(str(cell))
    return text if text and not _NEEDS_QUOTES.intersection(text) else '"' + text.replace('"', '""') + '"'
