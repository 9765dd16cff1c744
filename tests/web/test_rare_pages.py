"""Pages that the walk over a worked record does not come to, in a browser: axe-core finds nothing, and they fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sightline.casework import decisions
from sightline.model import Role
from sightline.services.case_files.attachments import NewFile, write_note
from sightline.storage import rows
from sightline.web.app import AppConfig
from tests.office import found_office
from tests.services.referrals.world import new_world
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import chromium, served

pytestmark = [needs_build, needs_browser, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")]
IO, WHY = Role.INVESTIGATING_OFFICER, "order of the court of 3 June"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def check_looks(page: Page) -> None:
    """Check a page wide and narrow, with all that can be folded out."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for width in (1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(AXE_RUN) == [], f"{page.url} at {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"


@pytest.mark.parametrize("language", ["en", "ml"])
def test_a_case_whose_notes_can_be_destroyed(tmp_path: Path, browser: Browser, language: str) -> None:
    office = found_office(tmp_path / "office")
    case_id = office.case.case_id
    write_note(office.io, case_id, "The caretaker was called.", [NewFile("caretaker.pdf", b"%PDF-1.7 a memo")])
    with served(AppConfig(office.workspace), office.officer_sessions) as app:
        page = app.signed_in(browser.new_context(), IO, language=language).new_page()
        act = f"/cases/{case_id}/papers/purge"
        for state in ("nothing asked", "asked", "approved"):
            page.goto(f"{app.address}/cases/{case_id}?tab=notes")
            assert page.locator(f'form[action="{act}"]').count() == (state != "asked"), state
            check_looks(page)
            if state == "nothing asked":
                form = page.locator(f'form[action="{act}"]')
                form.locator("[name=why]").evaluate("(field, why) => { field.value = why }", WHY)
                form.locator("[name=early]").evaluate("box => { box.checked = true }")
                with page.expect_navigation():
                    form.evaluate("form => form.submit()")
            elif state == "asked":
                with office.workspace.read() as tables:
                    asked = tables[rows.Approval].select(action="purge", state="asked")[-1]
                decisions.decide(office[Role.SUPERVISOR], asked.approval_id, give=True, why="compared with the order")
        page.context.close()


@pytest.mark.parametrize("language", ["en", "ml"])
def test_a_search_that_offers_to_ask_other_forces(tmp_path: Path, browser: Browser, language: str) -> None:
    office = new_world(tmp_path).officer_session.office
    config = AppConfig(office.workspace, clock=office.io.clock)
    with served(config, office.officer_sessions) as app:
        page = app.signed_in(browser.new_context(), IO, language=language).new_page()
        page.goto(f"{app.address}/search")
        page.locator("main [name=text], #find").last.fill("203.0.113.77")
        page.locator("main [name=text], #find").last.press("Enter")
        page.locator('form[action="/search/forces"]').wait_for(state="attached")
        check_looks(page)
        page.context.close()
