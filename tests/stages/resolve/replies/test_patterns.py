"""No pattern that meets the bytes of a reply takes more than linear work: four times the text is
four times the steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from sightline.errors import UnknownFormat
from sightline.stages.resolve import replies
from sightline.stages.resolve.replies import cell_text, column_names, reply_times, shared_words
from tests.counted_work import count_patterns, count_work, counting, grows_too_fast
from tests.stages.resolve.replies.conftest import of_bytes

# fmt: off
UNITS = [
    "(", "( ", "(dd ", ")", " ", "  .", "0", "1 ", "1:11 ", "00:00.0 ", "a", "a-", "ab1", "[", "1,", "+0", "\t", "=",
    "é", "1-1", "'", ":", "::", "1e", "IST ", "(IST", "no data ", "# ", "00", '"', "\\",
]
# fmt: on
HEADS = ["", "Date (", "1", "a", "[", "+91", "01/01/2026 ", "(", "\t", " 00:00"]
TAILS = ["", "!", "\n!", "("]
SHORT = 500
"""How often a unit is repeated, and then four times as often."""


def modules() -> Iterator[ModuleType]:
    for module in iter_modules(replies.__path__):
        yield import_module(f"{replies.__name__}.{module.name}")


BEHIND_A_CAP = {"reply_times._WHOLE"}  # reply_times.split, below, looks at no text of more than 100 letters
PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": pattern
    for module in modules()
    for name, pattern in vars(module).items()
    if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str)
    if f"{module.__name__.rpartition('.')[2]}.{name}" not in BEHIND_A_CAP
}
FUNCTIONS: dict[str, Callable[[str], object]] = {
    "canonical": column_names.reduce_heading.__wrapped__,
    "words": column_names.split_words,
    "zone_of": column_names.find_zone,
    "says_no_records": shared_words.load_shared_words().says_no_records,
    "is_footnote": shared_words.load_shared_words().is_footnote,
    "stated": cell_text.clean_text,
    "split": reply_times.split_time,
}


def is_slow(call: Callable[[str], object], head: str, unit: str, tail: str) -> bool:
    """Whether four times the text takes much more than four times the work."""

    def read(text: str) -> None:
        with suppress(cell_text.UnreadableValue):
            call(text)

    return grows_too_fast(read, lambda count: head + unit * count + tail, SHORT)


@pytest.mark.parametrize("name", [*PATTERNS, *FUNCTIONS])
def test_four_times_the_text_takes_no_more_than_about_four_times_the_work(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in FUNCTIONS:
        count_patterns(monkeypatch, list(modules()))
        calls = [FUNCTIONS[name]]
    else:
        pattern = counting(PATTERNS[name])
        calls = [pattern.fullmatch, pattern.match] if name != "column_names._BRACKETS" else [pattern.search]
    slow = [
        (head, unit, tail)
        for call in calls
        for head in HEADS
        for unit in UNITS
        for tail in TAILS
        if is_slow(call, head, unit, tail)
    ]
    assert slow == []


@pytest.mark.parametrize("heading", ["Date (" + " " * 26, "Date (" + "24" * 500, "(" * 5000, "IST" * 3000])
def test_a_heading_freezes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heading: str) -> None:
    def read(heading: str) -> None:
        with suppress(UnknownFormat):
            of_bytes(tmp_path, f"User ID,Public IP,Start Time,{heading}\nravi,203.0.113.7,31/07/2026 12:34:56,\n")

    count_patterns(monkeypatch, list(modules()))
    read("Remarks")  # What is read once, such as the layouts, does not count.
    work = count_work(lambda: read("Remarks"), 1_000_000)
    assert count_work(lambda: read(heading), 2 * work) > 0
