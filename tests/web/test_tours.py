"""The introduction of a page, the help on keys that work there, and why something is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sightline.model import Role
from sightline.translation.messages import LANGUAGES, load_catalogue
from sightline.web.app import PAGE_ROUTERS, AppConfig
from sightline.web.layout.tours import NAMES, OF_PARTNERS, POINTS, TOURS, dismiss_tour
from tests.office import found_office
from tests.web.conftest import SignIn
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served


def test_every_introduction_has_its_page_and_its_words() -> None:
    paths = {route.path for router in PAGE_ROUTERS for route in router.routes if route.method == "GET"}
    assert (TOURS.keys() | OF_PARTNERS.keys()) - paths == set()
    wanted = {f"all.tour.{name}.{number}" for name in NAMES for number in (1, 2, 3)}
    for language in LANGUAGES:
        known = {key for key, text in load_catalogue(language).items() if text[0]}
        assert wanted - known == set(), language


def test_an_introduction_is_dismissed_for_good_and_comes_again_when_asked_for() -> None:
    assert dismiss_tour(frozenset({"home"}), "leads") == "home.leads"
    assert dismiss_tour(frozenset({"home"}), "none") == ""
    assert dismiss_tour(frozenset({"x;y"}), "all") == "all"
    assert dismiss_tour(frozenset(), "../x") is None


def test_a_refusal_says_why_there_is_such_a_rule(signed_in: SignIn) -> None:
    page = signed_in(Role.AUDITOR).get("/notices/new").text
    assert "Why is this refused?" in page and "no single account can see or do everything" in page
    assert "Why is this refused?" not in signed_in(Role.ANALYST).get("/leads?ceiling=nonsense").text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    office = found_office(tmp_path_factory.mktemp("tours") / "office")
    with served(AppConfig(office.workspace), office.officer_sessions) as made:
        yield made


@pytest.fixture
def page(browser: Browser, app_server: ServedApp) -> Iterator[Page]:
    context = app_server.signed_in(browser.new_context(), Role.INVESTIGATING_OFFICER)
    made = context.new_page()
    made.set_default_timeout(60_000)
    yield made
    context.close()


@needs_build
@needs_browser
def test_the_help_names_only_keys_that_do_something_on_this_page(page: Page, app_server: ServedApp) -> None:
    page.goto(app_server.address + "/administration")
    page.keyboard.press("?")
    dialog = page.locator("#keys")
    expect(dialog.get_by_text("search, from every page")).to_be_visible()
    for other in ("go to the filter of the page", "select the row", "approve, from within the form"):
        expect(dialog.get_by_text(other)).to_be_hidden()
    for key in dialog.locator("[data-when=go] kbd").all_inner_texts():
        page.goto(app_server.address + "/administration")
        wanted = page.locator(f"[data-go={key[-1]}]").get_attribute("href")
        page.keyboard.press("g")
        page.keyboard.press(key[-1])
        page.wait_for_url(f"**{wanted}")


@needs_build
@needs_browser
def test_keys_of_one_letter_are_turned_off_and_on(page: Page, app_server: ServedApp) -> None:
    page.goto(app_server.address + "/cases")
    page.get_by_role("button", name="Help and keyboard").click()
    page.get_by_role("button", name="Turn one-letter shortcuts off").click()
    page.wait_for_selector("html[data-keys=off]")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.get_by_role("button", name="Help and keyboard").click()
    page.get_by_role("button", name="Turn one-letter shortcuts on").click()
    page.wait_for_selector("html:not([data-keys])")
    tour = page.locator(".tour")
    tour.get_by_role("button", name="Got it").click()
    expect(tour).to_have_count(0)
    page.goto(app_server.address + "/")
    expect(tour).to_be_visible()
    page.goto(app_server.address + "/cases")
    expect(tour).to_have_count(0)


@needs_build
@needs_browser
def test_a_guide_leads_through_the_page_by_keys(page: Page, app_server: ServedApp) -> None:
    page.goto(app_server.address + "/administration")
    page.get_by_role("button", name="Show me").press("Enter")
    guide, framed = page.locator(".guide"), page.locator(".guided")
    expect(guide).to_contain_text("1 / 2")
    expect(framed).to_have_attribute("aria-label", "Administration")
    page.keyboard.press("Enter")
    expect(guide).to_contain_text("2 / 2")
    expect(framed).to_have_attribute("href", "/administration/officers")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    page.keyboard.press("Escape")
    expect(guide).to_have_count(0)
    expect(framed).to_have_count(0)
    expect(page.get_by_role("button", name="Show me")).to_be_focused()


def test_every_introduction_points_to_parts_of_its_page() -> None:
    assert POINTS.keys() | {"home_partner", "referral_partner", "referrals_partner"} >= NAMES >= POINTS.keys()
