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
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    office = found_office(tmp_path_factory.mktemp("sorted") / "office")
    with served(AppConfig(office.workspace), office.desks) as made:
        yield made


def with_more_rows(route: Route) -> None:
    """Answer with the page as it is, and sixty rows more in its list."""
    answer = route.fetch()
    more = "".join(f'<tr><th scope="row">Unit {at}</th><td>lead {at % 7}</td><td>none</td></tr>' for at in range(60))
    route.fulfill(response=answer, body=answer.text().replace("</tbody>", f"{more}</tbody>", 1))


def test_a_long_list_is_filtered_sorted_and_paged(browser: Browser, room: ServedApp) -> None:
    context = room.signed_in(browser.new_context(viewport={"width": 1440, "height": 900}), Role.ADMINISTRATOR)
    page = context.new_page()
    page.route("**/administration/roles", with_more_rows)
    page.goto(f"{room.address}/administration/roles")
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
