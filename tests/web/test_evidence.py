"""A log line on the page of its lead: the time in India beside the log's own, and what was read from it marked."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sightline.model import Role
from sightline.services.leads.visit_lines import VisitLine
from sightline.web.pages.leads.evidence import mark_values, read_values
from tests.office import Office
from tests.services.leads.office import START, LeadOffice, Visit
from tests.services.test_notices import lead_office
from tests.web.conftest import SignIn

__all__ = ["lead_office"]
IO = Role.INVESTIGATING_OFFICER
LINE = VisitLine(
    datetime(2026, 3, 1, 12, tzinfo=UTC),
    "1" * 64,
    "GET",
    200,
    900,
    "2" * 64,
    "http.log",
    None,
    0,
    1,
    '01/Mar/2026 <b> Board.Example /room/1 "rao"',
    "01/Mar/2026",
    5,
    "board.example",
    "board.example",
    "/room/1",
    "rao",
)


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    visit = Visit(0, "198.51.100.130", page="/room/<i>", user="198.51.100.130")
    lead_office.scan(lead_office.log("http.log", [visit]), lead_office.flags())
    lead_office.rebuild()
    return lead_office.office


def test_recognised_values_are_marked_in_the_line_and_nothing_is_markup() -> None:
    marked = mark_values(LINE, hide=str)
    assert str(marked) == (
        "<mark>01/Mar/2026</mark> &lt;b&gt; <mark>Board.Example</mark> <mark>/room/1</mark> &#34;<mark>rao</mark>&#34;"
    )
    assert re.sub(r"</?mark>", "", html.unescape(str(marked))) == LINE.raw


def test_values_that_overlap_are_one_and_short_ones_are_not_marked() -> None:
    line = replace(LINE, raw="board.example/room/1 - 7", url="board.example/room/1", user="7", time_text="")
    assert str(mark_values(line, hide=str)) == "<mark>board.example/room/1</mark> - 7"
    assert "account" not in read_values(line)


def test_the_page_has_both_times_and_hides_the_address_in_every_field(
    signed_in: SignIn, lead_office: LeadOffice
) -> None:
    lead = lead_office.leads()[0]["lead_id"]
    page = signed_in(IO).get(f"/leads/{lead}").text
    item = re.search(r'<li id="line-1".*?</li>', page, re.DOTALL)
    assert item
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", item[0])).split())
    assert "1 Mar 2026, 17:30:00 IST" in text and str(START) in text, "India's time, and the log's own"
    assert "board[.]example" in text and "GET 200" in text and "900" in text
    assert "<mark>board.example</mark>" in item[0]
    assert "198.51.100.130" not in page and "<i>" not in item[0]
