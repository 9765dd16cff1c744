"""A new unit in a browser: from an empty folder to two officers who sign in, and a backup that was checked.

Pages on the way have no fault that axe-core finds, and none is wider than its screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.waits import HUNG_S
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.test_serve import WORDS, free_port, serve
from tests.web.world import chromium

pytestmark = [needs_build, needs_browser, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")]
HUNG_MS = HUNG_S * 1000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@dataclass
class OfficerPage:
    """One officer at a browser of their own."""

    page: Page
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def find(self, selector: str) -> Locator:
        return self.page.locator(f"main {selector}")

    def see(self, heading: str, *widths: int) -> None:
        """Wait for the page with this heading, and look at it at each width."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading, timeout=HUNG_MS)
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
            assert self.page.evaluate(AXE_RUN) == [], heading
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, heading

    def send(self, button: str, **fields: str) -> None:
        """Fill in the fields of these names, and click the button."""
        for name, value in fields.items():
            self.find(f'[name="{name}"]').fill(value)
        self.page.get_by_role("button", name=button, exact=True).click()

    def says(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text, timeout=HUNG_MS)

    def sign_in(self, name: str) -> None:
        """Scan what the page shows, and sign in."""
        secret = self.find("code.hash").inner_text()
        self.page.get_by_role("link", name="Sign in").click()
        self.see("Sign in")
        self.send("Sign in", name=name, password=WORDS, code=pyotp.TOTP(secret).at(datetime.now(UTC)))
        expect(self.page.locator("#page-links")).to_have_count(1, timeout=HUNG_MS)


@dataclass(frozen=True)
class NewUnit:
    """What the terminal prints, and the two officers."""

    code: str
    first: OfficerPage
    second: OfficerPage


def _make_context(browser: Browser, address: str) -> BrowserContext:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(HUNG_MS)
    context.add_cookies([{"name": "toured", "value": "all", "url": address}])
    return context


@pytest.fixture
def unit(tmp_path: Path, browser: Browser) -> Iterator[NewUnit]:
    (tmp_path / "vault").mkdir()
    words = ("--set-up", "--workspace", tmp_path / "unit", "--backups", tmp_path / "vault", "--port", free_port())
    with serve(*words) as app_server:
        try:
            assert app_server.stdout is not None
            link, code = (app_server.stdout.readline().split()[1] for _ in range(2))
            address = link.removesuffix("/set-up")
            contexts = [_make_context(browser, address) for _ in range(2)]
            yield NewUnit(code, *(OfficerPage(context.new_page(), address) for context in contexts))
            for context in contexts:
                context.close()
        finally:
            app_server.terminate()


def test_a_unit_begins_without_a_terminal(unit: NewUnit) -> None:
    _set_up(unit.first, unit.code)
    code, public = _make_key(unit.second)
    _enrol(unit.first, public)
    _join(unit.second, code)
    _keep_a_backup(unit.first, unit.second)


def _set_up(first: OfficerPage, code: str) -> None:
    first.open("/")
    first.send("Begin", code="aaaa")
    first.says("This code is wrong")
    first.see("Set up a workspace", 390)
    first.send("Begin", code=code)
    person = {"unit": "Cyber PS, Thrissur", "officer": "A. Nair", "name": "a.nair", "password": WORDS}
    first.send("Make the workspace", again="three other words here", **person)
    first.says("The two passwords differ")
    first.see("Set up a workspace", 390, 1280)
    first.send("Make the workspace", password=WORDS, again=WORDS)
    first.see("The workspace is ready", 390, 1280)
    first.sign_in("a.nair")


def _make_key(second: OfficerPage) -> tuple[str, str]:
    """Return the code and the public key of the second officer."""
    second.open("/sign-in")
    second.page.get_by_role("link", name="New officer").click()
    second.see("New officer", 390, 1280)
    return second.find(".big code").inner_text(), second.find("#new-key").inner_text()


def _enrol(first: OfficerPage, public: str) -> None:
    """Home leads to the second officer, whom the first enrols alone: only in a role that can approve later ones."""
    first.page.get_by_role("link", name="Enrol the second officer").click()
    first.see("Enrol an officer", 390)
    roles = ["station officer", "superintendent", "supervisor", "administrator"]
    expect(first.find('[name="role"] option')).to_have_text(roles)
    first.find('[name="role"]').select_option("supervisor")
    first.send("Enrol", key=public, name="N. Thomas", why="joined as order 12 says")
    first.says("N. Thomas is enrolled by you alone")


def _join(second: OfficerPage, code: str) -> None:
    second.open("/join")
    second.send("Make my account", code="aaaa", name="n.thomas", password=WORDS, again=WORDS)
    second.says("No officer on duty is enrolled")
    second.see("New officer", 390)
    second.send("Make my account", code=code, password=WORDS, again=WORDS)
    second.sign_in("n.thomas")


def _keep_a_backup(first: OfficerPage, second: OfficerPage) -> None:
    """Home leads to backups; the second officer approves who reads them; one that was made can be checked at once."""
    first.open("/")
    first.page.get_by_role("link", name="Make a backup").click()
    first.page.get_by_role("link", name="Add a recipient…").click()
    first.see("Add a recipient of backups", 390)
    identity = first.find("#identity").inner_text()
    first.send("Add", name="A. Nair, safe in room 2")
    first.says("Recipient requested: A. Nair")
    second.open("/approvals")
    second.see("Approvals", 390)
    second.send("Approve", why="compared with the sheet in the safe")
    second.says("Approved and done")
    first.open("/administration/backups")
    first.send("Make a backup now")
    first.send("Check", identity=identity)
    first.says("every byte is as it was made")
    first.see("Administration", 390, 1280)
