"""Exhibits, tips, the ledger and the journal are sorted over all pages, in both directions, with their filters."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi import FastAPI

from sightline.model import Role
from tests.office import Office
from tests.web.conftest import Browser, SignIn
from tests.web.test_tips import add_referral, import_tips, report

ROWS = 2
"""Rows of a page in these tests."""
ADDRESSES = tuple(f"203.0.113.{at}" for at in range(20, 27))


@pytest.fixture
def browser(app: FastAPI, office: Office, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """An analyst after the import of five tips of 1 to 5 connections, not in this order."""
    analyst, under = signed_in(Role.ANALYST), add_referral(office)
    for number in (3, 1, 5, 2, 4):
        import_tips(app, analyst, under, (f"tip-{number}.json", report(number, *ADDRESSES[:number])))
    for name in ("list_order", "pages.exhibits.routes", "pages.tips.tip_view"):
        monkeypatch.setattr(f"sightline.web.{name}.PAGE_ROWS", ROWS)
    monkeypatch.setattr("sightline.web.pages.ledger.filters.EACH", 5)
    monkeypatch.setattr("sightline.web.pages.ledger.routes.EACH", 5)
    return analyst


def read_pages(browser: Browser, path: str, pattern: str) -> list[str]:
    """Return what a pattern finds on the pages of a list, page after page."""
    found: list[str] = []
    for _ in range(100):
        page = browser.get(path)
        assert page.status_code == 200
        found += re.findall(pattern, page.text, re.DOTALL)
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        if more is None:
            return found
        path = unescape(more[1])
    raise AssertionError("no end")


NAME = r'<a class="row" href="/(?:tips|exhibits)/\w+">[^<]*tip-(\d)\.json</a>'


@pytest.mark.parametrize("column", ["tip", "frames", "connections"])
@pytest.mark.parametrize("begins", ["", "-"])
def test_tips_are_sorted_over_all_pages(browser: Browser, column: str, begins: str) -> None:
    found = read_pages(browser, f"/tips?sort={begins}{column}", NAME)
    assert found == sorted("12345", reverse=bool(begins))


@pytest.mark.parametrize("begins", ["", "-"])
@pytest.mark.parametrize("column", ["file", "bytes", "hits"])
def test_exhibits_are_sorted_over_all_pages_and_keep_the_filter(browser: Browser, column: str, begins: str) -> None:
    assert read_pages(browser, f"/exhibits?sort={begins}{column}", NAME) == sorted("12345", reverse=bool(begins))
    assert read_pages(browser, f"/exhibits?q=tip-4&sort={begins}{column}", NAME) == ["4"]


def test_without_a_choice_the_newest_are_first(browser: Browser) -> None:
    for path in ("/tips", "/exhibits", "/tips?sort=no-column", "/exhibits?sort=no-column"):
        assert read_pages(browser, path, NAME) == ["4", "2", "5", "1", "3"], path


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/ledger", r'<a class="row" href="/ledger/(\d+)">'),
        ("/ledger?verb=exhibit:registered", r'<a class="row" href="/ledger/(\d+)">'),
        ("/ledger/journal", r'<tr id="J-(\d+)">'),
    ],
)
def test_the_ledger_is_sorted_in_both_directions(browser: Browser, signed_in: SignIn, path: str, pattern: str) -> None:
    auditor = signed_in(Role.AUDITOR)
    joint = "&" if "?" in path else "?"
    first = browser_order(auditor, path)
    assert first == "descending"
    assert browser_order(auditor, f"{path}{joint}sort=number") == "ascending"
    oldest = [int(seq) for seq in read_pages(auditor, f"{path}{joint}sort=number", pattern)]
    newest = [int(seq) for seq in read_pages(auditor, path, pattern)]
    assert oldest == sorted(oldest) and newest == sorted(newest, reverse=True) and len(oldest) >= 5
    # The journal has a row more for each page that was read.
    assert set(oldest) <= set(newest)


def browser_order(browser: Browser, path: str) -> str:
    """Return the order of the first column as the page tells it."""
    found = re.search(r'aria-sort="(\w+)"', browser.get(path).text)
    assert found is not None
    return found[1]
