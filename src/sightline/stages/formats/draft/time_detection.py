"""Find the layout of a time if its text is unambiguous. It guesses neither a zone nor the order of day and month."""

from __future__ import annotations

import re
from collections.abc import Iterable

MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
DATES = {
    r"[12]\d{3}-\d{2}-\d{2}": "%Y-%m-%d",
    r"[12]\d{3}/\d{2}/\d{2}": "%Y/%m/%d",
    r"[12]\d{3}\.\d{2}\.\d{2}": "%Y.%m.%d",
    rf"\d{{2}}/{MONTH}/\d{{4}}": "%d/%b/%Y",
    rf"\d{{2}}-{MONTH}-\d{{4}}": "%d-%b-%Y",
    rf"\d{{1,2}} {MONTH} \d{{4}}": "%e %b %Y",
    rf"{MONTH} [ \d]?\d,? \d{{4}}": "%b %e %Y",
    rf"{MONTH} [ \d]?\d": "%b %e",
    r"\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)\d{4}": "%D",
}
CLOCKS = {
    r"\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?": "%H:%M:%S%F",
    r"\d{2}:\d{2}:\d{2} [AaPp][Mm]": "%I:%M:%S %p",
}
GLUES = {"T": "%t", " ": " ", ":": ":", "-": "-"}
ZONES = {r"(?:Z|[+-]\d{2}:?\d{2})": "%z", r" [+-]\d{2}:?\d{2}": " %z", r" UTC": " UTC", r" GMT": " GMT"}
ZONE = re.compile(r"[+-]\d{2}:?\d{2}")
SINCE_1970 = {r"[12]\d{9}(?:\.\d{1,9})?": "%s", r"[12]\d{12}": "%Q"}
MAX_LAYOUTS = 4


def _build_table() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every combination of date, clock and zone, and the times that count from 1970."""
    rows = [
        (f"{date}{glue}{clock}{zone}", date_layout.replace(",", "") + glue_layout + clock_layout + zone_layout)
        for date, date_layout in DATES.items()
        for glue, glue_layout in GLUES.items()
        for clock, clock_layout in CLOCKS.items()
        for zone, zone_layout in {"": "", **ZONES}.items()
        if not (date_layout == "%D" and glue in ":-")
    ]
    rows += [(rf"{MONTH} [ \d]?\d {clock} \d{{4}}", f"%b %e {layout} %Y") for clock, layout in CLOCKS.items()]
    return tuple((re.compile(pattern), layout) for pattern, layout in [*rows, *SINCE_1970.items()])


TABLE = _build_table()
DATED = sorted((row for row in TABLE if row[1] not in SINCE_1970.values()), key=lambda row: -len(row[1]))
TIME = f"(?=[0-9JFMASOND])(?:{'|'.join(pattern.pattern for pattern, _ in DATED)})"
"""Any time with a date, as a pattern: the longest layout first."""


def find_layouts(texts: Iterable[str], *, counted: bool = False) -> tuple[str, ...]:
    """Return the layouts that read every text, in order of first use; none if one text is no certain time.

    `counted`: seconds or milliseconds since 1970 are times too. A number alone does not show that.
    """
    result: dict[str, None] = {}
    for text in texts:
        layout = _find_layout(text)
        if layout is None or (layout in SINCE_1970.values() and not counted):
            return ()
        result.setdefault(layout)
    return tuple(result) if len(result) <= MAX_LAYOUTS else ()


def choose_zone(layouts: Iterable[str]) -> str | None:
    """Return `utc` if every layout states so in words, None if it reads a zone, else `declared`."""
    layouts = tuple(layouts)
    if all(layout.endswith((" UTC", " GMT")) for layout in layouts):
        return "utc"
    return None if all(layout.endswith("%z") or layout in SINCE_1970.values() for layout in layouts) else "declared"


def is_zone(text: str) -> bool:
    """Return whether a text is an offset such as +0530."""
    return ZONE.fullmatch(text) is not None


def _find_layout(text: str) -> str | None:
    return next((layout for pattern, layout in TABLE if pattern.fullmatch(text)), None)
