"""A narrow screen: the most used pages within reach, and cases that fold what is long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from sightline.casework.cases import case_notes
from sightline.casework.people import code_keys, officers
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Role
from sightline.storage.rows import Case
from sightline.translation.messages import get_messages
from sightline.web.app import AppConfig
from tests.office import found_office
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
AXE_TARGETS = """async () => (await axe.run({runOnly: ['target-size']})).violations.flatMap(
  one => one.nodes.map(node => node.html.slice(0, 160)))"""
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    office = found_office(tmp_path_factory.mktemp("narrow") / "office")
    with served(AppConfig(office.workspace), office.officer_sessions) as made:
        yield made


@pytest.mark.parametrize(
    ("role", "tabs"),
    [
        (Role.INVESTIGATING_OFFICER, ["Home", "Leads", "Search", "Approvals", "More"]),
        (Role.AUDITOR, ["Home", "Search", "Approvals", "Ledger", "More"]),
    ],
)
def test_a_bar_below_has_the_pages_that_the_role_may_open(
    browser: Browser, app_server: ServedApp, role: Role, tabs: list[str]
) -> None:
    context = app_server.signed_in(browser.new_context(viewport=NARROW), role)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{app_server.address}/approvals")
    bar = page.locator(".tabbar")
    assert [inner_text.strip().split("\n")[0] for inner_text in bar.locator("a, button").all_inner_texts()] == tabs
    expect(bar.locator("[aria-current=page]")).to_have_text("Approvals")
    box = bar.bounding_box()
    assert box is not None and box["y"] + box["height"] == NARROW["height"]
    assert all(item.bounding_box()["height"] >= 44 for item in bar.locator("a, button").all())  # type: ignore[index]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    bar.get_by_role("button", name="More").click()
    expect(page.locator("#page-links a").first).to_be_focused()
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    expect(bar).to_be_hidden()
    context.close()


def test_a_table_becomes_cards_with_the_heading_beside_each_value(browser: Browser, app_server: ServedApp) -> None:
    officers.rotate(
        app_server.officer_sessions[Role.CUSTODIAN], code_keys.parse_public_key(code_keys.make_code_key().public)
    )
    context = app_server.signed_in(browser.new_context(viewport=NARROW), Role.ADMINISTRATOR)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{app_server.address}/administration/officers")
    expect(page.locator("main .scroll td[data-label]").first).to_be_visible()
    cut = "[...document.querySelectorAll('main .scroll')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(cut) == 0
    context.close()


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
def test_links_of_a_case_are_large_enough_for_a_finger(
    browser: Browser, app_server: ServedApp, viewport: dict[str, int]
) -> None:
    officer = app_server.officer_sessions[Role.INVESTIGATING_OFFICER]
    with officer.workspace.read() as tables:
        case = tables[Case].select()[0]
    case_notes.set_deadline(
        officer, case.case_id, "charge sheet", format_day_in_india(to_microseconds(officer.clock()))
    )
    context = browser.new_context(viewport=viewport)  # type: ignore[arg-type]
    context = app_server.signed_in(context, Role.INVESTIGATING_OFFICER)
    page = context.new_page()
    for path in ("/", f"/cases/{case.case_id}", f"/cases/{case.case_id}?tab=deadlines"):
        page.goto(app_server.address + path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AXE_TARGETS) == [], path
    context.close()


@pytest.mark.parametrize("language", ["en", "hi", "ml"])
def test_the_words_of_the_bar_below_are_whole(browser: Browser, app_server: ServedApp, language: str) -> None:
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    page = app_server.signed_in(context, Role.INVESTIGATING_OFFICER, language=language).new_page()
    page.goto(f"{app_server.address}/approvals")
    cut = "all => all.filter(word => word.scrollWidth > word.clientWidth).map(word => word.textContent)"
    assert page.eval_on_selector_all(".tabbar span", cut) == []
    context.close()


TEXT_WIDTHS = """fields => fields.map(field => {
  const look = getComputedStyle(field), pen = document.createElement('canvas').getContext('2d');
  pen.font = look.font;
  const text = field.placeholder ?? field.selectedOptions[0].text;
  const arrow = field.tagName === 'SELECT' ? 16 : 0;
  const room = field.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight) - arrow;
  return [text, Math.ceil(pen.measureText(text).width), Math.floor(room)];
})"""


@pytest.mark.parametrize("viewport", [NARROW, {"width": 1440, "height": 900}], ids=["narrow", "wide"])
@pytest.mark.parametrize("language", ["en", "hi", "ml"])
def test_what_the_search_and_the_choices_of_every_page_say_is_whole(
    browser: Browser, app_server: ServedApp, language: str, viewport: dict[str, int]
) -> None:
    context = browser.new_context(viewport=viewport)  # type: ignore[arg-type]
    page = app_server.signed_in(context, Role.INVESTIGATING_OFFICER, language=language).new_page()
    page.goto(f"{app_server.address}/approvals")
    if viewport is NARROW:
        page.get_by_role("button").locator("visible=true").and_(page.locator(".menu")).click()
    fields = page.locator("#find, nav .foot select")
    assert [one for one in fields.evaluate_all(TEXT_WIDTHS) if one[1] > one[2]] == []
    page.get_by_role("link", name=get_messages("all", language)("own_account")).first.click()
    expect(page.locator("[name=current], [name=password]").first).to_be_visible()
    context.close()


def test_a_phone_that_is_turned_gets_cards_then(browser: Browser, app_server: ServedApp) -> None:
    context = app_server.signed_in(browser.new_context(viewport=WIDE), Role.ADMINISTRATOR)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{app_server.address}/administration/officers")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    expect(page.locator("main .scroll td[data-label]").first).to_be_visible()
    context.close()


def test_a_table_that_is_wider_than_its_panel_scrolls_in_it(browser: Browser, app_server: ServedApp) -> None:
    context = app_server.signed_in(browser.new_context(viewport=WIDE), Role.AUDITOR)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{app_server.address}/ledger")
    page.locator("td.words").first.evaluate("cell => { cell.innerHTML = '<pre>' + 'e3eb9322'.repeat(40) + '</pre>' }")
    expect(page.locator("main .scroll[data-wide]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
