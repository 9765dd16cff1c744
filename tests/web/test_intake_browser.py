"""An intake in a real browser: broken connections, a reload in the middle, the scan, keys, and all looks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from sightline.model import Role
from sightline.storage import rows
from sightline.web.app import AppConfig
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office_in
from tests.web.hands import Hands
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
LOOKS = [(1440, "light", "en"), (390, "dark", "ml"), (390, "light", "hi")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> LeadOffice:
    """A unit that has scanned with a list, which is in force."""
    office = lead_office_in(tmp_path_factory.mktemp("intake"))
    office.scan(office.log("first.log", [Visit(0, "198.51.100.130")]), office.flags())
    return office


@pytest.fixture(scope="module")
def app_server(unit: LeadOffice) -> Iterator[ServedApp]:
    with served(AppConfig(unit.office.workspace, clock=unit.office.io.clock), unit.office.officer_sessions) as made:
        yield made


@pytest.fixture(scope="module")
def log(unit: LeadOffice) -> Path:
    """Three pieces: visits to the flagged site at the beginning and at the end, and others between them."""
    visits = [Visit(at, f"198.51.100.{130 + at}") for at in range(5)]
    path = unit.log("seized.log", [*visits, Visit(10, host="other.example"), *visits])
    lines = path.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "other.example" in line)
    path.write_text("".join([*lines[:at], lines[at] * (20_000_000 // len(lines[at])), *lines[at + 1 :]]))
    return path


def begin(page: Page, app_server: ServedApp, memo: str) -> None:
    page.goto(f"{app_server.address}/intake")
    page.locator("#memo").fill(memo)
    with page.expect_navigation():
        page.locator("#begin button").click()


def test_an_upload_goes_on_after_breaks_and_a_reload_and_is_scanned(
    browser: Browser, app_server: ServedApp, unit: LeadOffice, log: Path
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = app_server.signed_in(context, Role.ANALYST, toured="all").new_page()
    page.set_default_timeout(90_000)
    digest = hashlib.sha256(log.read_bytes()).hexdigest()
    begin(page, app_server, digest)
    pieces: list[str] = []
    broken = {"now": True}

    def piece(route: Route, request: Request) -> None:
        if request.method != "PATCH":
            route.continue_()
        elif broken["now"] and len(pieces) >= 1:
            route.abort("connectionreset")
        else:
            pieces.append(request.headers["upload-offset"])
            route.continue_()

    page.route("**/files/**", piece)
    with page.expect_response(lambda one: one.request.method == "PATCH"):
        page.locator("#log-files").set_input_files(str(log))
    expect(page.locator("#arriving progress")).to_be_visible()
    page.reload()
    expect(page.locator("#files [data-unfinished]")).to_have_count(1)
    expect(page.locator("#files")).to_contain_text("8 MiB arrived")
    broken["now"] = False
    page.locator("#log-files").set_input_files(str(log))
    expect(page.locator("#files .pill.good")).to_have_text("As in the memo")
    expect(page.locator("#arriving li")).to_have_count(0)
    assert pieces == ["0", str(8 << 20), str(16 << 20)], "no byte was sent twice"
    expect(page.locator("#files code")).to_have_text(digest)
    page.locator("#read button").click()
    expect(page.locator("#account .hot b")).to_have_text("10")
    page.locator("form[action$='/scan'] button").click()
    expect(page.locator("#next")).to_be_visible()
    expect(page.locator("#choose")).to_have_count(0)
    page.locator("#account tbody a").click()
    expect(page.locator("h1")).to_be_visible()
    assert digest in page.url
    page.go_back()
    page.locator("#next a").first.click()
    page.locator("table tbody tr").first.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("198.51.100.x")
    with unit.office.workspace.read() as tables:
        assert tables[rows.Exhibit].get(digest) is not None
    context.close()


def test_a_file_of_another_digest_is_refused_with_words_by_keys_alone(
    browser: Browser, app_server: ServedApp, unit: LeadOffice
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    hands = Hands(app_server.signed_in(context, Role.ANALYST, toured="all").new_page(), app_server.address)
    hands.press("g")
    hands.leave("u")
    assert hands.where == "/intake"
    begin(hands.page, app_server, "0" * 64)
    hands.page.locator("#log-files").set_input_files(str(unit.log("wrong.log", [Visit(1)])))
    expect(hands.page.locator("#arriving [role=alert]")).to_contain_text("is not the file of the seizure memo")
    expect(hands.page.locator("#files .pill.stop")).to_have_text("Refused")
    expect(hands.page.locator("#read")).to_have_count(0)
    assert hands.page.evaluate("Object.keys(localStorage)") == [], "no name of evidence stays in the browser"
    hands.round()
    assert [one for one in hands.wrong if "403" not in one] == []
    context.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_an_intake_holds_in_all_looks(
    browser: Browser, app_server: ServedApp, unit: LeadOffice, tmp_path: Path, width: int, theme: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, Role.ANALYST, theme=theme, language=language).new_page()
    words = tmp_path / "notes.txt"
    words.write_text("some words that are no log\n" * 30)

    def holds() -> None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AXE_RUN) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    begin(page, app_server, f"{'0' * 64}  other.log")
    holds()
    page.locator("#log-files").set_input_files([str(unit.log(f"look-{width}-{theme}.log", [Visit(2)])), str(words)])
    expect(page.locator("#files tbody tr")).to_have_count(2)
    page.locator("#read button").first.click()
    expect(page.locator("#account")).to_be_visible()
    holds()
    page.goto(f"{app_server.address}/intake")
    holds()
    context.close()
