"""What keys do on pages that a unit has worked on: no focus is lost or unseen, and letters, charts and
dialogs keep their word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sightline.model import Role
from sightline.web.app import AppConfig
from tests.web.hands import Hands
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.used_workspace import UsedWorkspace
from tests.web.world import chromium, served

pytestmark = [needs_build, needs_browser]
FOCUSED_MARK = "figure => [...figure.querySelectorAll('.drawn a.mark')].indexOf(document.activeElement)"
BY_ARROWS = """figure => {
  const marks = [...figure.querySelectorAll('.drawn a.mark')], reached = new Set([marks[0]]), lost = [];
  for (const here of reached) {
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) {
      here.focus();
      here.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
      const at = document.activeElement;
      if (!marks.includes(at)) lost.push(`${key} of ${here.getAttribute('aria-label')}`);
      else reached.add(at);
    }
  }
  return [...lost, ...marks.filter(one => !reached.has(one)).map(one => one.getAttribute('aria-label'))];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def officer(browser: Browser, lived: UsedWorkspace) -> Iterator[Hands]:
    """An investigating officer; whatever goes wrong on any page of this file fails it."""
    with served(AppConfig(lived.workspace, clock=lived.clock), lived.officer_sessions) as app_server:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        hands = Hands(app_server.signed_in(context, Role.INVESTIGATING_OFFICER).new_page(), app_server.address)
        yield hands
        context.close()
        assert hands.wrong == []


def page_keys(page: Page) -> dict[str, str]:
    """The keys after `g` with the pages that they go to."""
    found: dict[str, str] = page.eval_on_selector_all(
        "[data-go]", "all => Object.fromEntries(all.map(one => [one.dataset.go, one.getAttribute('href')]))"
    )
    return found


def test_g_and_a_letter_go_to_every_page_on_which_no_focus_is_lost(officer: Hands) -> None:
    officer.at("/")
    known = page_keys(officer.page)
    assert len(known) >= 13
    for key, path in known.items():
        officer.leave("g", key)
        assert officer.where == path
        officer.round()


def test_a_lead_and_a_notice_are_gone_through_by_tab(officer: Hands) -> None:
    for rows in ("/leads?priority=urgent", "/notices?state=answered", "/notices?state=approved"):
        officer.at(rows)
        officer.leave("j", "Enter")
        officer.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert officer.round() >= 5


def test_letters_do_what_the_list_of_keys_says_and_nothing_in_a_field(officer: Hands) -> None:
    officer.at("/leads")
    page = officer.page
    officer.press("j", "j", "k", "j")
    row = page.locator("table[data-keys] tbody tr").nth(1)
    expect(row.locator("a.row")).to_be_focused()
    officer.press("x")
    expect(row.locator("input[type=checkbox]")).to_be_checked()
    expect(page.locator("[data-picked]")).to_have_text("1")
    officer.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert page.evaluate("document.getElementById('keys').contains(document.activeElement)")
    officer.press("j", "Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    expect(row.locator("a.row")).to_be_focused()
    officer.press("f")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("jgx?/l")
    expect(page.locator("[data-search]")).to_have_value("jgx?/l")
    officer.to("Filter")
    officer.press("j")
    expect(page.locator("table[data-keys] tbody tr").first.locator("a.row")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/leads", "/map"])
def test_every_mark_of_every_chart_is_come_to_by_arrows(officer: Hands, path: str) -> None:
    officer.at(path)
    page = officer.page
    figures = page.locator("figure.chart:has(.drawn a.mark)")
    expect(figures.first).to_be_visible()
    # A map waits for its outlines, so a chart below it may be drawn first.
    expect(page.locator("figure.chart:has(tbody tr):not(:has(.drawn svg[viewBox]))")).to_have_count(0)
    for number in range(figures.count()):
        figure = figures.nth(number)
        marks = figure.locator(".drawn a.mark")
        assert figure.locator(".drawn a.mark[tabindex='0']").count() == 1
        assert figure.evaluate(BY_ARROWS) == []
        officer.press("Home", "End")
        assert figure.evaluate(FOCUSED_MARK) == marks.count() - 1
        here = officer.focus
        assert here is not None
        assert here["seen"], here["html"]
    wanted = marks.last.get_attribute("href")
    officer.leave("Enter")
    assert officer.where == wanted


def test_a_dialog_keeps_the_focus_and_gives_it_back(officer: Hands) -> None:
    officer.at("/leads")
    officer.leave("j", "Enter")
    officer.to(re.compile("Show the address"))
    officer.press("Enter")
    dialog = officer.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    for _ in range(12):
        officer.press("Tab")
        here = officer.focus
        inside = "dialog => dialog.contains(document.activeElement)"
        assert here is None or (here["seen"] and dialog.evaluate(inside)), here
    officer.press("Escape")
    expect(dialog).to_have_count(0)
    here = officer.focus
    assert here is not None
    assert here["name"].startswith("Show the address")
