"""An officer of another force, from the first sign-in on: own key, comparing, a force, and then its referrals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from sightline.model import Role
from sightline.web.app import AppConfig
from tests.services.referrals.world import World, new_world
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.test_serve import WORDS
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser, pytest.mark.usefixtures("quick_passwords")]
STAFF = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.SUPERINTENDENT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def approve(page: Page, address: str) -> None:
    page.goto(f"{address}/approvals")
    page.locator("main [name=why]").fill("compared as the order says")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("Approved")


def make_own_key(page: Page, address: str) -> tuple[str, str, str]:
    """Return the code, the public key and its id, as the new officer sees them."""
    page.goto(address)
    page.get_by_role("link", name="New officer").click()
    code, public, key_id = (page.locator(one).inner_text() for one in (".big code", "#new-key", "#new-key-id"))
    return code, public, key_id


def join(page: Page, app: ServedApp, world: World, code: str) -> None:
    page.goto(f"{app.address}/join")
    for name, value in {"code": code, "name": "r.gowda", "password": WORDS, "again": WORDS}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Make my account").click()
    secret = page.locator("code.hash").inner_text()
    page.get_by_role("link", name="Sign in").click()
    for name, value in {"name": "r.gowda", "password": WORDS, "code": pyotp.TOTP(secret).at(world.clock())}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#page-links")).to_have_count(1)


def test_an_officer_of_another_force_comes_in_and_each_page_says_what_is_next(tmp_path: Path, browser: Browser) -> None:
    world = new_world(tmp_path)
    config = AppConfig(world.officer_session.office.workspace, clock=world.clock)
    with served(config, {role: world[role] for role in STAFF}) as app:
        administrator, supervisor, second = (
            app.signed_in(browser.new_context(reduced_motion="reduce"), role).new_page() for role in STAFF
        )
        partner = browser.new_context(reduced_motion="reduce").new_page()
        code, public, key_id = make_own_key(partner, app.address)
        administrator.goto(f"{app.address}/administration/officers/new")
        person = {"key": public, "name": "R. Gowda", "unit": "KA-CYBER", "why": "nominated by letter 5"}
        for name, value in person.items():
            administrator.locator(f"main [name={name}]").fill(value)
        administrator.locator("main [name=role]").select_option(Role.PARTNER.value)
        administrator.locator("main form.lines button").click()
        expect(administrator.locator("#notices")).to_contain_text("R. Gowda")
        second.goto(f"{app.address}/approvals")
        expect(second.locator("main")).to_contain_text("let the new officer read the id of the key to you")
        expect(second.locator("main .facts").first).to_contain_text(key_id)
        approve(second, app.address)
        join(partner, app, world, code)
        for path in ("/", "/referrals"):
            partner.goto(app.address + path)
            expect(partner.locator("main")).to_contain_text("You are not assigned to a police force yet.")
        _assign(supervisor, app)
        approve(second, app.address)
        partner.goto(f"{app.address}/referrals")
        expect(partner.get_by_role("link", name="Ask for your state's leads")).to_be_visible()


def _assign(supervisor: Page, app: ServedApp) -> None:
    """Home of the supervisor names the officer. A reason of one word is refused before the form is sent."""
    supervisor.goto(app.address)
    row = supervisor.locator("main .queue").filter(has_text="Partner officers without a force")
    expect(row).to_contain_text("R. Gowda")
    row.get_by_role("link", name="Assign to a force").click()
    why = supervisor.locator("#tie-why")
    assign = supervisor.get_by_role("button", name="Assign a partner officer to a force")
    why.fill("nominated nominated")
    assign.click()
    assert "at least three words" in why.evaluate("field => field.validationMessage")
    expect(why).to_have_value("nominated nominated")
    why.fill("nominated by letter 5")
    assign.click()
    expect(supervisor.locator("#notices")).to_contain_text("another officer approves")
    supervisor.goto(app.address)
    expect(row).to_have_count(0)
