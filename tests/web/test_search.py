"""Search from every page: by keys, with findings while an officer types, and no searched text in any URL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from playwright.sync_api import Browser, expect

from sightline.casework.leads import lead_notes
from sightline.casework.notices import licensees
from sightline.ledger.verbs import JournalVerb
from sightline.model import NatLogs, Role
from sightline.services.referrals.deconfliction import create_period_key
from sightline.services.search.leads import parse_searched_address
from sightline.storage import rows
from sightline.web.app import AppConfig, create_app
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.referrals.world import new_world
from tests.services.test_notices import lead_office_in
from tests.web.conftest import Browser as WebBrowser
from tests.web.conftest import SignIn
from tests.web.hands import Hands
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

IO = Role.INVESTIGATING_OFFICER
NOTE = "the caretaker keeps a register"


def test_a_search_is_sent_in_the_body_and_is_in_the_journal(signed_in: SignIn, office: Office) -> None:
    page = signed_in(IO).get("/cases").text
    assert 'method="post" action="/search" data-find>' in page
    found = signed_in(IO).post("/search", text=office.case.number)
    assert found.status_code == 200 and f"/cases/{office.case.case_id}" in found.text
    assert "1 result" in found.text and "No results" in signed_in(IO).post("/search", text="nobody knows").text
    with office.workspace.read() as tables:
        stored_journal_rows = tables[rows.StoredJournalRow].select(verb=JournalVerb.SEARCH_DONE.value)
    assert [row.text for row in stored_journal_rows] == [office.case.number, "nobody knows"]


@pytest.mark.parametrize("language", ["en", "ml"])
def test_search_results_are_in_the_language_of_the_page(signed_in: SignIn, office: Office, language: str) -> None:
    browser = signed_in(IO)
    browser.client.cookies.set("language", language)
    isp = licensees.set_licensee(office.io, licensees.LicenseeForm("Alpha Mobile", "Nodal", NatLogs.BLOCKS)).name
    for text, path in ((isp, "/notices/licensees"), (office.source.name, "/cases/sources/")):
        page = browser.post("/search", text=text).text
        assert path in page, text
        found = page.partition('<td class="soft">')[2].partition("</td>")[0]
        assert "seized-server" not in found
        assert not (language == "ml" and text != isp and found.isascii()), found


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[2001:DB8:0:0::1]:443", "2001:db8::1"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("203[.]0[.]113[.]8", "203.0.113.8"),
        ("203.0.113.8:51234", "203.0.113.8"),
        ("203.0.113.0/24", None),
        ("board.example:443", None),
    ],
)
def test_an_address_is_found_in_any_spelling(text: str, address: str | None) -> None:
    found = parse_searched_address(text)
    assert (None if found is None else str(found)) == address


def test_a_text_in_the_address_of_the_page_is_not_searched(signed_in: SignIn, office: Office) -> None:
    assert "No results" not in signed_in(IO).get("/search?text=nobody").text
    with office.workspace.read() as tables:
        assert tables[rows.StoredJournalRow].select(verb=JournalVerb.SEARCH_DONE.value) == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> LeadOffice:
    """Two leads, of which one has a note."""
    made = lead_office_in(tmp_path_factory.mktemp("search"))
    made.scan(made.log("http.log", [Visit(at * 86_400, f"198.51.100.13{at}") for at in range(2)]), made.flags())
    made.rebuild()
    lead_notes.write(made.office.io, made.leads()[0]["lead_id"], NOTE, "asked by telephone")
    return made


@pytest.fixture(scope="module")
def app_server(unit: LeadOffice) -> Iterator[ServedApp]:
    with served(AppConfig(unit.office.workspace, clock=unit.office.io.clock), unit.office.officer_sessions) as made:
        yield made


@needs_build
@needs_browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
@pytest.mark.parametrize(("width", "key"), [(1440, "/"), (390, "Control+k")])
def test_keys_go_from_any_page_to_a_finding_and_the_text_is_in_no_url(
    browser: Browser, app_server: ServedApp, unit: LeadOffice, width: int, key: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    urls: list[str] = []
    context.on("request", lambda one: urls.append(one.url))
    hands = Hands(app_server.signed_in(context, IO).new_page(), app_server.address)
    page = hands.page
    hands.at("/exhibits")
    hands.press(key)
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("caretaker")
    found = page.locator("[data-suggestions] a")
    expect(found).to_have_count(1)
    expect(page.locator("[data-suggestions]")).to_contain_text("Notes 1")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    hands.press("Control+k")
    page.keyboard.type("caretaker")
    expect(page.locator("[data-suggestions]")).to_be_visible()
    hands.press("Escape")
    expect(page.locator("[data-suggestions]")).to_be_hidden()
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("s")
    hands.press("Backspace")
    expect(page.locator("[data-suggestions]")).to_be_visible()
    hands.press("ArrowDown")
    expect(found.first).to_be_focused()
    with page.expect_navigation():
        hands.press("Enter")
    lead_id = unit.leads()[0]["lead_id"]
    assert page.url == f"{app_server.address}/leads/{lead_id}#notes"
    hands.press(key)
    page.keyboard.type("caretaker")
    with page.expect_navigation():
        hands.press("Enter")
    expect(page.locator("main")).to_contain_text(NOTE)
    expect(page.locator("#find")).to_have_value("caretaker")
    assert not [url for url in urls if "caretaker" in url]
    assert hands.wrong == []
    context.close()


def test_the_field_is_the_first_stop_after_the_navigation(signed_in: SignIn) -> None:
    page = signed_in(IO).get("/cases").text
    assert re.search(r'</nav>.*?id="find".*?<main id="main"', page, re.DOTALL)


def test_an_unknown_value_can_be_asked_of_other_forces(tmp_path: Path) -> None:
    """By the search's page: the list takes two officers, and the answer of the exchange is read there."""
    world = new_world(tmp_path)
    office = world.officer_session.office
    own, period = read_unit_key(office.workspace), f"{office.io.clock():%Y-%m}"
    sealed = create_period_key(office.io, period, ["KA-CYBER"], derive_unit_recipient(office.workspace), own)
    app = create_app(AppConfig(office.workspace, clock=office.io.clock))

    def sign(role: Role) -> WebBrowser:
        client = TestClient(app, base_url="http://127.0.0.1")
        client.cookies.set("sightline", app.state.live_sessions.begin(office[role], "test"))
        return WebBrowser(client)

    page = sign(IO).post("/search", text="203.0.113.77").text
    assert 'action="/search/forces"' in page and 'name="day"' in page
    assert 'name="day"' not in sign(IO).post("/search", text="+91 98470 12345").text
    assert "/search/forces" not in sign(IO).post("/search", text="nobody knows").text
    assert "/search/forces" not in sign(Role.ANALYST).post("/search", text="203.0.113.77").text
    browser = sign(IO)

    def send(path: str, **files: bytes) -> Response:
        form = {"form_token": browser.token(), "text": "203.0.113.77", "day": "2026-03-01", "why": "order 9/2026"}
        sent = {name: (f"{name}.age", content) for name, content in files.items()}
        answer: Response = browser.client.post(path, data=form, files=sent, follow_redirects=False)
        return answer

    key = sealed[own.issuer]
    assert send("/search/forces", period_key=b"no key").status_code == 400
    asked = send("/search/forces", period_key=key)
    assert asked.status_code == 303 and "203.0.113" not in asked.headers["location"]
    answer = json.dumps({"period": period, "what": "addresses", "forces": 2, "both": []}).encode()
    assert send("/search/forces/answer", period_key=key, answer=answer).status_code == 400, "it was in no list yet"
    with office.workspace.read() as tables:
        world.approve(tables[rows.Approval].select(action="force:compare", state="asked")[-1].approval_id)
    made = send("/search/forces", period_key=key)
    assert made.status_code == 200 and json.loads(made.content)["note"]["period"] == period
    read = send("/search/forces/answer", period_key=key, answer=answer)
    assert read.status_code == 200 and "No other force has it so far" in read.text
    with office.workspace.read() as tables:
        journal = [row.text or "" for row in tables[rows.StoredJournalRow].select(verb="export:referral")]
    (pseudonym,) = [text.split()[-1] for text in journal if text.startswith("in the list")]
    shared = json.dumps({"period": period, "what": "addresses", "forces": 2, "both": [pseudonym]}).encode()
    read = send("/search/forces/answer", period_key=key, answer=shared)
    assert "Another force has it too" in read.text and "203.0.113.77" not in read.text
