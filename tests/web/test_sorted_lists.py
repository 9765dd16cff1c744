"""Lists that are whole on their page are sorted by their headings, filtered by text and paged, by mouse and by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from sightline.model import Role
from sightline.web.app import AppConfig
from tests.office import found_office
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    office = found_office(tmp_path_factory.mktemp("sorted") / "office")
    with served(AppConfig(office.workspace), office.officer_sessions) as made:
        yield made


def with_more_rows(route: Route) -> None:
    """Answer with the page as it is, and sixty rows more in its list."""
    answer = route.fetch()
    more = "".join(f'<tr><th scope="row">Unit {at}</th><td>lead {at % 7}</td><td>none</td></tr>' for at in range(60))
    route.fulfill(response=answer, body=answer.text().replace("</tbody>", f"{more}</tbody>", 1))


def test_a_long_list_is_filtered_sorted_and_paged(browser: Browser, app_server: ServedApp) -> None:
    context = app_server.signed_in(browser.new_context(viewport={"width": 1440, "height": 900}), Role.ADMINISTRATOR)
    page = context.new_page()
    page.route("**/administration/roles", with_more_rows)
    page.goto(f"{app_server.address}/administration/roles")
    rows = page.locator(".whole-list tbody tr")
    total = rows.count()
    visible_rows = page.locator(".whole-list tbody tr:visible")
    assert total > 50
    expect(visible_rows).to_have_count(50)
    page.get_by_role("button", name="Next", exact=True).click()
    expect(visible_rows).to_have_count(min(50, total - 50))
    page.keyboard.press("f")
    page.keyboard.type("lead 3")
    expect(page.locator(".list-tools output")).to_contain_text(f"/ {total}")
    names = visible_rows.locator("th").all_inner_texts()
    assert 0 < len(names) < total
    page.locator(".list-tools input").fill("")
    head = page.locator(".whole-list thead th").first
    sort = head.get_by_role("button")
    sort.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    first = visible_rows.first.inner_text()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert visible_rows.first.inner_text() != first
    page.emulate_media(media="print")
    expect(visible_rows).to_have_count(total)
    page.emulate_media(media="screen")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    context.close()


def test_the_chosen_filter_and_order_of_a_list_survive_a_renewal(browser: Browser, app_server: ServedApp) -> None:
    rows = "".join(f'<tr><td>Unit {at}</td><td class="n">{40 - at}</td></tr>' for at in range(12))
    table = f"<table><thead><tr><th>Unit</th><th>Left</th></tr></thead><tbody>{rows}</tbody></table>"
    part = (
        f'<section id="live-came"><div class="scroll" tabindex="0" role="region" aria-label="x">{table}</div></section>'
    )
    context = app_server.signed_in(browser.new_context(), Role.SUPERVISOR, toured="all")
    page = context.new_page()
    sent: list[int] = []

    def answer(route: Route) -> None:
        sent.append(1)
        route.fulfill(content_type="text/event-stream", body=f"retry: 300\ndata: {part}\n\n")

    page.route("**/live/events", answer)
    page.goto(f"{app_server.address}/live")
    in_sight = page.locator("#live-came tbody tr:visible")
    expect(in_sight).to_have_count(12)
    page.locator("#live-came thead button").last.click()
    expect(in_sight.first).to_contain_text("Unit 11")
    field = page.locator("#live-came .list-tools input")
    field.fill("unit 1")
    expect(in_sight).to_have_count(4)
    known = len(sent)
    page.wait_for_function("() => document.activeElement?.type === 'search'")
    while len(sent) < known + 2:
        page.wait_for_timeout(100)
    expect(field).to_be_focused()
    expect(field).to_have_value("unit 1")
    expect(in_sight).to_have_count(4)
    expect(in_sight.first).to_contain_text("Unit 11")
    expect(page.locator("#live-came thead th").last).to_have_attribute("aria-sort", "ascending")
    context.close()
