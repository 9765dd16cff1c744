"""Fields beside each other are on one line in every language, also where one label needs two lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from sightline.model import Role
from sightline.translation.messages import LANGUAGES
from sightline.web.app import AppConfig
from tests.office import found_office
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
PAGES = ("/cases/new", "/cases/sources", "/operations", "/ledger")
UNEVEN = """() => [...document.querySelectorAll('form')].flatMap(form => {
  const fields = [...form.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio]), select')]
    .filter(one => one.offsetParent).map(one => ({name: one.name, box: one.getBoundingClientRect()}));
  return fields.slice(1).flatMap((one, at) => {
    const [a, b] = [fields[at].box, one.box];
    const isBeside = b.left >= a.right - 2 && b.top < a.bottom && a.top < b.bottom;
    return isBeside && Math.abs(a.top - b.top) > 3 ? [`${fields[at].name} ${one.name}`] : [];
  });
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    office = found_office(tmp_path_factory.mktemp("rows") / "office")
    with served(AppConfig(office.workspace), office.officer_sessions) as made:
        yield made


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_of_a_row_are_on_one_line(browser: Browser, app_server: ServedApp, language: str) -> None:
    context = app_server.signed_in(
        browser.new_context(viewport={"width": 1440, "height": 900}), Role.INVESTIGATING_OFFICER, language=language
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    uneven = {}
    for path in PAGES:
        page.goto(app_server.address + path)
        assert page.locator("form :is(input, select)").count() > 2, path
        uneven[path] = page.evaluate(UNEVEN)
    context.close()
    assert not any(uneven.values()), uneven
