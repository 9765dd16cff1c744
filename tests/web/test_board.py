"""The board of an operation: a lead is assigned and closed from its card, by keys, by dragging and by buttons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sightline.casework.operations import operations
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Role
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.web.app import AppConfig
from tests.services.leads.office import Visit
from tests.services.test_notices import lead_office_in
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import chromium, served

pytestmark = [needs_build, needs_browser]
SP = Role.SUPERINTENDENT


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def test_cards_are_moved_by_keys_by_dragging_and_by_buttons(browser: Browser, tmp_path: Path) -> None:
    unit = lead_office_in(tmp_path)
    unit.scan(unit.log("http.log", [Visit(at * 60, f"198.51.100.{130 + at}") for at in range(3)]), unit.flags())
    unit.rebuild()
    officer_session = unit.office[SP]
    made = operations.begin(
        officer_session, "P-Hunt 7", format_day_in_india(to_microseconds(officer_session.clock())), "two districts"
    )
    with open_generation(unit.office.workspace) as read:
        ids = [str(lead["lead_id"]) for lead in unit.leads()]
        operations.add_leads(officer_session, made.operation_id, select_leads_by_ids(read, ids), "all of one district")
    with served(
        AppConfig(unit.office.workspace, clock=officer_session.clock), unit.office.officer_sessions
    ) as app_server:
        context = app_server.signed_in(
            browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce"), SP
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{app_server.address}/operations/{made.operation_id}")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AXE_RUN) == []
        cards = page.locator(".board [data-lead]")
        expect(cards).to_have_count(3)

        def fill_in(title: str, button: str) -> None:
            dialog = page.locator("dialog[open]")
            expect(dialog.get_by_role("heading")).to_contain_text(title)
            dialog.get_by_label("Why").fill("as the meeting of today decided")
            dialog.get_by_role("button", name=button).click()
            page.wait_for_load_state()

        cards.first.locator("a").focus()
        page.keyboard.press("a")
        fill_in(str(cards.first.get_attribute("data-number")), "Assign")
        expect(page.locator("#notices")).to_contain_text("The lead is assigned.")
        expect(page.locator("[data-drop=assign] [data-lead]")).to_have_count(1)
        dragged = page.locator(".board section:not([data-drop]) [data-lead]").first
        number = str(dragged.get_attribute("data-number"))
        dragged.drag_to(page.locator("[data-drop=close]"))
        fill_in(number, "Close the lead")
        expect(page.locator("[data-drop=close] [data-lead]")).to_have_attribute("data-number", number)
        page.get_by_role("button", name="Undo").click()
        page.goto(f"{app_server.address}/operations/{made.operation_id}")
        expect(page.locator("[data-drop=close] [data-lead]")).to_have_count(0)
        page.locator(".board section:not([data-drop]) .moves").first.get_by_text("Assign").click()
        fill_in("L-", "Assign")
        expect(page.locator("[data-drop=assign] [data-lead]")).to_have_count(2)
        context.close()
