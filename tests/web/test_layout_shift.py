"""No page moves while it loads, also where fonts and the outlines of a map come late, in each language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from sightline.model import Role
from sightline.web.app import AppConfig
from tests.services.leads.office import Visit
from tests.services.test_notices import lead_office_in
from tests.web.paint_time import SHIFTS
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
MOST = 0.01
"""The sum of the shifts of a page. Lighthouse calls less than 0.1 good."""
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedApp, list[str]]]:
    unit = lead_office_in(tmp_path_factory.mktemp("shifts"))
    visits = [Visit(60 * at, f"198.51.100.{at}", port=2_040) for at in range(1, 60)]
    unit.scan(unit.log("mine.log", visits), unit.flags(), format="zeek-http")
    unit.rebuild()
    lead, case = unit.leads()[0]["lead_id"], unit.office.case.case_id
    paths = ["/", "/inbox", "/leads", f"/leads/{lead}", "/notices", f"/notices/new?lead={lead}", "/map", "/cases"]
    paths += [f"/cases/{case}", "/approvals", "/exhibits", "/lists"]
    with served(AppConfig(unit.office.io.workspace), unit.office.officer_sessions) as made:
        yield made, paths


class HeldRequests:
    """The requests of a page for fonts and outlines, which wait until they are released."""

    def __init__(self, page: Page) -> None:
        self.urls: list[str] = []
        self._waiting: list[Route] | None = []
        for late in ("**/*.woff2", "**/outlines.json"):
            page.route(late, self._hold)

    def _hold(self, route: Route) -> None:
        self.urls.append(route.request.url)
        if self._waiting is None:
            route.continue_()
        else:
            self._waiting.append(route)

    def release(self) -> None:
        """Let all go on, also those that the page asks for later."""
        waiting, self._waiting = self._waiting or [], None
        for route in waiting:
            route.continue_()


@pytest.mark.parametrize("language", ["en", "hi", "ml"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_moves_while_it_loads(
    browser: Browser, app_server: tuple[ServedApp, list[str]], size: str, language: str
) -> None:
    served_app, paths = app_server
    moved = {}
    for path in paths:
        # A new context has no font yet.
        new = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
        context = served_app.signed_in(new, Role.INVESTIGATING_OFFICER, language=language)
        page = context.new_page()
        held = HeldRequests(page)
        page.goto(served_app.address + path, wait_until="domcontentloaded")
        page.evaluate(PAINTED)
        held.release()
        page.wait_for_load_state("load")
        moved[path] = page.evaluate(SHIFTS)
        assert any(".woff2" in url for url in held.urls), "a page asks for its font"
        context.close()
    assert {path: shift for path, shift in moved.items() if shift > MOST} == {}
