"""Layouts of times that no known layout reads: what texts can mean, and what an officer writes."""

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import UsageError
from sightline.stages.formats.draft.time_layouts import (
    fits_texts,
    format_layout_words,
    list_possible_layouts,
    parse_written_layout,
)
from sightline.stages.scan.reference.record_times import parse_time

POSSIBLE = {
    ("20261121140509", "20261122000000"): ["YYYYMMDDhhmmss"],
    ("21.11.2026 14.05.09",): ["DD.MM.YYYY hh.mm.ss"],
    ("05.06.2026 14.05.09",): ["DD.MM.YYYY hh.mm.ss", "MM.DD.YYYY hh.mm.ss"],
    ("05.06.2026 14.05.09", "25.06.2026 14.05.09"): ["DD.MM.YYYY hh.mm.ss"],
    ("21 Nov 2026 14h05m09",): ["DD MON YYYY hhhmmmss"],
    ("14:05:09 2026/11/21",): ["hh:mm:ss YYYY/MM/DD"],
    ("Nov-21-2026 02:05:09 PM",): ["MON-DD-YYYY hh:mm:ss AM"],
    ("2026_11_21@14:05:09.123+0530",): ["YYYY_MM_DD@hh:mm:ss.fffzone"],
    ("26-11-21 14:05",): ["YY-MM-DD hh:mm", "DD-MM-YY hh:mm"],
    ("198.51.100.7",): [],
    ("2026-13-41 25:61:61",): [],
    ("1.2.3.4.5.6.7.8.9.10",): [],
}


@pytest.mark.parametrize("texts", POSSIBLE, ids=lambda texts: texts[-1])
def test_every_possible_meaning_of_a_text_is_listed(texts: tuple[str, ...]) -> None:
    assert list(map(format_layout_words, list_possible_layouts(texts))) == POSSIBLE[texts]


@pytest.mark.parametrize("text", ["DD.MM", "nonsense", "%Y", "", "DD DD.MM.YYYY hh:mm", "YYYY-MM-DD hh:ss", "%"])
def test_an_invalid_layout_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no layout of a time"):
        parse_written_layout(text)


def test_a_layout_with_directives_is_taken_as_it_is() -> None:
    assert parse_written_layout("%d/%b/%Y:%H:%M:%S %z") == "%d/%b/%Y:%H:%M:%S %z"
    assert fits_texts("%d/%b/%Y:%H:%M:%S %z", ["21/Nov/2026:14:05:09 +0530"])


LAYOUTS = ["%d.%m.%Y %H.%M.%S", "%Y%m%d%H%M%S", "%y_%m_%d-%H:%M", "%b %d %Y %I.%M.%S %p", "%H%M%S %d-%b-%Y"]


@given(st.datetimes(datetime(1999, 1, 1), datetime(2099, 1, 1)), st.sampled_from(LAYOUTS))
def test_the_right_meaning_is_among_the_possible_ones_and_the_reader_agrees(at: datetime, layout: str) -> None:
    text = at.strftime(layout)
    found = list_possible_layouts([text])

    assert layout in found
    assert parse_written_layout(format_layout_words(layout)) == layout
    for one in found:
        assert parse_time(text.encode(), one) is not None, "the reader of logs reads what is offered"


@given(st.text(max_size=70))
def test_any_text_has_a_bounded_answer(text: str) -> None:
    assert len(list_possible_layouts([text, text])) <= 6
    try:
        layout = parse_written_layout(text)
    except UsageError:
        return
    assert re.search("%", layout)
