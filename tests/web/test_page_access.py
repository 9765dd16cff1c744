"""Pages that officers print or seldom see have no fault that axe-core finds: on screen, narrow, dark, and on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sightline.model import Role
from sightline.storage import rows
from sightline.web.app import AppConfig
from tests.services.referrals.world import World, new_world
from tests.web.test_approvals import AXE_RUN
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")]
IO, SP, ADMINISTRATOR = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT, Role.ADMINISTRATOR
LOOKS = ((1440, "light", "en"), (390, "dark", "ml"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def app_server(world: World) -> Iterator[ServedApp]:
    config = AppConfig(world.officer_session.office.workspace, clock=world.clock)
    with served(config, {role: world[role] for role in (IO, SP, ADMINISTRATOR)}) as made:
        yield made


def find_faults(page: Page, width: int) -> list[object]:
    """What axe-core finds on the page, and on its print; and whether it is wider than its screen."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [*page.evaluate(AXE_RUN)]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than its screen")
    page.emulate_media(media="print")
    found += page.evaluate(AXE_RUN)
    page.emulate_media(media="screen")
    return found


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
@pytest.mark.parametrize("role", [IO, SP, ADMINISTRATOR])
def test_pages_that_are_seldom_seen_have_no_fault(
    browser: Browser, app_server: ServedApp, world: World, role: Role, width: int, theme: str, language: str
) -> None:
    with world.officer_session.office.workspace.read() as tables:
        case_id = tables[rows.Case].select()[0].case_id
    of_case = [f"/cases/{case_id}{end}" for end in ("", "/report", "?tab=notes", "?tab=submissions")]
    paths = ["/", "/inbox", *(of_case if role is not ADMINISTRATOR else ["/administration/backups"])]
    paths += [f"/leads/{world.officer_session.leads()[0]['lead_id']}"] if role is IO else []
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, role, theme=theme, language=language, toured="all").new_page()
    page.set_default_timeout(120_000)
    for path in paths:
        answer = page.goto(app_server.address + path)
        assert answer is not None and answer.status == 200, path
        assert find_faults(page, width) == [], path
    context.close()


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_a_search_that_asks_other_forces_has_no_fault(
    browser: Browser, app_server: ServedApp, width: int, theme: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, IO, theme=theme, language=language, toured="all").new_page()
    page.set_default_timeout(120_000)
    page.goto(app_server.address + "/search")
    page.locator("#find").fill("203.0.113.77")
    page.locator("#find").press("Enter")
    expect(page.locator("main")).to_contain_text("203.0.113.x")
    assert find_faults(page, width) == []
    context.close()
