"""A form is sent once, however often its button is clicked, and a refusal is not sent again by a reload."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sightline.model import Role
from sightline.web.app import AppConfig
from tests.office import found_office
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.test_tips import add_referral
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    office = found_office(tmp_path_factory.mktemp("sending") / "office")
    add_referral(office)
    with served(AppConfig(office.workspace), office.officer_sessions) as made:
        yield made


@pytest.fixture
def page(browser: Browser, app_server: ServedApp) -> Iterator[Page]:
    context = app_server.signed_in(browser.new_context(), Role.SUPERVISOR)
    context.set_default_timeout(20_000)
    made = context.new_page()
    made.goto(app_server.address + "/operations")
    yield made
    context.close()


def _fill(page: Page, name: str, begun_on: str = "2026-03-01") -> Locator:
    form = page.locator('form[action="/operations"]')
    form.locator('[name="name"]').fill(name)
    form.locator('[name="begun_on"]').evaluate("(field, on) => { field.type = 'text'; field.value = on }", begun_on)
    form.locator('[name="why"]').fill("lines of three districts")
    return form.locator("button")


def _note_posts(page: Page) -> list[str]:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    return sent


def test_a_double_click_sends_a_form_once(page: Page) -> None:
    sent = _note_posts(page)
    _fill(page, "P-Hunt 1").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("P-Hunt 1")
    assert len(sent) == 1


def test_a_reload_of_a_refusal_shows_the_page_of_the_form(page: Page, app_server: ServedApp) -> None:
    _fill(page, "P-Hunt 2", "tomorrow").click()
    expect(page.get_by_role("alert")).to_be_visible()
    sent = _note_posts(page)
    page.reload()
    expect(page).to_have_url(app_server.address + "/operations")
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    assert sent == []


def test_a_form_that_waits_long_for_its_answer_is_not_sent_again(page: Page) -> None:
    """Time runs twenty times as fast in the page. Playwright waits for the answer, so the clicks are planned before."""
    page.add_init_script("const real = setTimeout; window.setTimeout = (act, after) => real(act, after / 20)")
    page.reload()
    sent = _note_posts(page)
    page.route("**/operations", lambda route: None if route.request.method == "POST" else route.continue_())
    click = (
        "(button, [first, second]) => { for (const after of [first, second]) setTimeout(() => button.click(), after) }"
    )
    _fill(page, "P-Hunt 3").evaluate(click, [1_000, 20_000])
    page.wait_for_timeout(1_500)
    assert len(sent) == 1


def test_a_form_that_gave_a_file_can_be_sent_again(page: Page, app_server: ServedApp) -> None:
    page.goto(app_server.address + "/ledger/checkpoints")
    button = page.locator('form[action="/ledger/checkpoints/out"] button')
    for _ in range(2):
        with page.expect_download():
            button.click()
        expect(button).not_to_have_attribute("aria-busy", "true", timeout=2_000)


def test_a_form_whose_sending_was_stopped_can_be_sent_again(page: Page) -> None:
    sent = _note_posts(page)
    page.route("**/operations", lambda route: None if route.request.method == "POST" else route.continue_())
    button = _fill(page, "P-Hunt 4")
    plan = "button => { button.click(); setTimeout(() => window.stop(), 300); setTimeout(() => button.click(), 600) }"
    button.evaluate(f"button => setTimeout(() => ({plan})(button), 50)")
    page.wait_for_timeout(1_500)
    assert len(sent) == 2


def test_a_page_says_that_files_are_being_read(app_server: ServedApp, browser: Browser) -> None:
    officer = app_server.signed_in(browser.new_context(), Role.INVESTIGATING_OFFICER).new_page()
    officer.goto(app_server.address + "/tips")
    reading = officer.get_by_text("The files are being read")
    expect(reading).to_be_hidden()
    officer.route("**/tips/check", lambda _: None)
    officer.locator("#files").set_input_files({"name": "tip.json", "mimeType": "application/json", "buffer": b"{}"})
    expect(reading).to_be_visible()
    officer.context.close()
