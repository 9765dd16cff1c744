"""Layouts of times that no known layout reads: what a text can mean, and a layout that an officer writes.

Which number is the day and which the month is never guessed: each meaning is a choice of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from sightline.errors import UsageError
from sightline.stages.formats.draft.time_detection import MONTH, find_layouts
from sightline.stages.formats.time_layout import list_directives

WORDS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MON": "%b",
    "MM": "%m",
    "DD": "%d",
    "D": "%e",
    "hh": "%H",
    "h": "%k",
    "mm": "%M",
    "ss": "%S",
    "AM": "%p",
    "zone": "%z",
}
"""What stands for the parts of a time in a layout that is written in words."""
WORD = re.compile(r"[.,]f+|zone|YYYY|YY|MON|MM|DD|D(?![A-Za-z])|hh|(?<![A-Za-z])h(?![A-Za-z])|mm|ss|AM|%")
HALF_DAY = {"%H": "%I", "%k": "%l"}
EXAMPLE = "DD.MM.YYYY hh:mm:ss"
DIRECTIVE = {
    "%Y": r"[12]\d{3}",
    "%y": r"\d\d",
    "%b": MONTH.replace("(?:", "(?i:", 1),
    "%m": r"(?:0[1-9]|1[0-2])",
    "%d": r"(?:0[1-9]|[12]\d|3[01])",
    "%e": r" ?(?:0?[1-9]|[12]\d|3[01])",
    "%H": r"(?:[01]\d|2[0-3])",
    "%k": r"(?:[01]?\d|2[0-3])",
    "%I": r"(?:0\d|1[0-2])",
    "%l": r"(?:0?\d|1[0-2])",
    "%M": r"[0-5]\d",
    "%S": r"(?:[0-5]\d|60)",
    "%F": r"(?:[.,]\d{1,9})?",
    "%p": r"[AaPp][Mm]",
    "%z": r"(?:Z|[+-]\d{2}:?\d{2})",
    "%%": "%",
}
"""The texts that a directive takes, with the ranges of its numbers."""
ORDERS = ("YmdHMS", "dmYHMS", "mdYHMS", "HMSYmd", "HMSdmY", "HMSmdY", "YmdHM", "dmYHM", "mdYHM")
TAIL = re.compile(r"(?: ?[AaPp][Mm])?(?: ?(?:Z|[+-]\d{2}:?\d{2})| UTC| GMT)?$")
RUN = re.compile(r"\d+|[A-Za-z]+|[^A-Za-z0-9]+")
SPLIT_RUNS: dict[int, tuple[tuple[int, ...], ...]] = {
    14: ((4, 2, 2, 2, 2, 2), (2, 2, 4, 2, 2, 2)),
    12: ((2, 2, 2, 2, 2, 2), (4, 2, 2, 2, 2)),
    8: ((4, 2, 2), (2, 2, 4)),
    6: ((2, 2, 2),),
}
"""The numbers that a run of digits without signs between them can be."""
MOST = 0.9
MOST_CHOICES = 6
MOST_TEXT = 60
MOST_NUMBERS = 8


def parse_written_layout(text: str) -> str:
    """Return the layout that an officer writes, such as `DD.MM.YYYY hh:mm:ss`. A text with `%` is one already.

    Raises UsageError.
    """
    stripped = text.strip()
    if "%" in stripped:
        layout = stripped
    else:
        layout = WORD.sub(lambda match: "%F" if match[0][0] in ".," else WORDS.get(match[0], match[0]), stripped)
        if "%p" in layout:
            layout = re.sub("%H|%k", lambda regex_match: HALF_DAY[regex_match[0]], layout)
    try:
        list_directives(layout)
    except ValueError as error:
        what = f"this is no layout of a time: {stripped[:MOST_TEXT]}: {error}"
        raise UsageError(what, hint=f"write it such as {EXAMPLE}") from None
    return layout


def format_layout_words(layout: str) -> str:
    """Return a layout in words, as `parse_written_layout` takes them."""
    words = {directive: word for word, directive in WORDS.items()} | {"%I": "hh", "%l": "h", "%F": ".fff", "%t": "T"}
    return re.sub("%.", lambda match: words.get(match[0], match[0]), layout)


def fits_texts(layout: str, texts: Sequence[str]) -> bool:
    """Return whether nine of ten texts are times in a layout."""
    parts = re.findall(r"%.|[^%]+", layout)
    if not all(part in DIRECTIVE for part in parts if part[0] == "%"):
        known = sum(layout in find_layouts([text], counted=True) for text in texts)
        return bool(texts) and known >= MOST * len(texts)
    pattern = re.compile("".join(DIRECTIVE.get(part) or re.escape(part) for part in parts))
    return bool(texts) and sum(bool(pattern.fullmatch(text)) for text in texts) >= MOST * len(texts)


def list_possible_layouts(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the layouts that texts can have by their first one: each reads nine of ten. At most six."""
    if not texts or len(texts[0]) > MOST_TEXT:
        return ()
    first = texts[0].rstrip(" ")
    tail = TAIL.search(first)
    assert tail is not None  # it can be empty
    result: dict[str, None] = {}
    # `-14:05` at the end is a zone, or the time of day.
    ends = (tail.start(), *(() if re.search("[A-Za-z]", tail[0]) else (len(first),)))
    for end in dict.fromkeys(ends):
        for layout in _list_layouts(RUN.findall(texts[0][:end]), texts[0][end:]):
            if fits_texts(layout, texts):
                result.setdefault(layout)
    return tuple(result)[:MOST_CHOICES]


def _list_layouts(runs: Sequence[str], tail: str) -> Iterator[str]:
    """Yield every meaning of runs of digits, letters and signs, with what stands behind them."""
    numbers = [(*SPLIT_RUNS.get(len(run), ()), (len(run),)) for run in runs if run.isdigit()]
    for widths in product(*numbers) if len(numbers) <= MOST_NUMBERS else ():
        for order in ORDERS:
            layout = _derive_layout(runs, widths, order)
            if layout is not None:
                layout += _derive_tail_layout(tail)
                yield re.sub("%H|%k", lambda match: HALF_DAY[match[0]], layout) if "%p" in layout else layout


def _derive_tail_layout(tail: str) -> str:
    """Return the layout of what stands behind the numbers: half of the day, and the zone."""
    layout = re.sub("[AaPp][Mm]", "%p", tail, count=1)
    return re.sub(r"(?:Z|[+-]\d{2}:?\d{2})(?= *$)", "%z", layout)


def _derive_layout(runs: Iterable[str], widths: Sequence[tuple[int, ...]], order: str) -> str | None:
    """Return the layout of runs of digits, letters and signs, if their numbers mean the parts in this order."""
    signs, split, layout, before, sign = list(order), iter(widths), "", "", ""
    for run in runs:
        parts = next(split) if run.isdigit() else ()
        if sign == "S" and before in {".", ","} and parts and (not signs or _is_fraction(parts)):
            layout = f"{layout[:-1]}%F"
        elif run.isdigit():
            for width in parts:
                sign = signs.pop(0) if signs else ""
                piece = _choose_directive(sign, width)
                if piece is None:
                    return None
                layout += piece
        elif re.fullmatch(MONTH, run, re.IGNORECASE) and signs[:1] == ["m"]:
            layout += "%b"
            signs.pop(0)
        else:
            layout += run.replace("%", "%%")
        before = run
    return None if signs else layout


def _is_fraction(parts: Sequence[int]) -> bool:
    """Return whether digits behind the seconds are no day, month or year, where the date stands behind the time."""
    return len(parts) == 1 and parts[0] not in (1, 2, 4)


def _choose_directive(sign: str, width: int) -> str | None:
    if not sign:
        return None
    if sign == "Y":
        return {4: "%Y", 2: "%y"}.get(width)
    if width == 1:
        return {"d": "%e", "H": "%k"}.get(sign)
    return f"%{sign}" if width == 2 else None
