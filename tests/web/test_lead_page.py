"""The page of a lead: its number, the one next action that fits its state, what is done, and what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from sightline.casework.leads import lead_marks, lead_work
from sightline.errors import UsageError
from sightline.model import Ceiling, Role
from sightline.model.short_ids import format_lead_number
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.stages.report.lead import Lead
from sightline.stages.report.lead import read_lead as lead_of
from sightline.translation.messages import get_messages
from sightline.web.app import AppConfig
from sightline.web.pages.leads.place_map import build_place_map
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office, lead_office_in
from tests.web.conftest import SignIn
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

__all__ = ["lead_office"]
IO, SP = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    visits = [Visit(at * 60, f"198.51.100.{130 + at}") for at in range(3)]
    lead_office.scan(lead_office.log("http.log", visits), lead_office.flags())
    lead_office.rebuild()
    return lead_office.office


def first_action(page: str) -> tuple[str, str]:
    """The link of the one next action, and its text."""
    found = re.search(r'<div class="actions first">\s*<a class="btn[^"]*" href="([^"]+)"[^>]*>([^<]+)</a>', page)
    assert found, "the page has a next action"
    return found[1].replace("&amp;", "&"), found[2].strip()


def test_a_lead_is_found_by_its_number_on_pages_by_search_and_by_commands(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead_id, browser = lead_office.leads()[1]["lead_id"], signed_in(IO)
    number = format_lead_number(lead_id)
    for path in ("/leads", f"/leads/{lead_id}", f"/leads/{number}", f"/leads/{number[:6].lower()}"):
        assert number in browser.get(path).text
    assert f'href="/leads/{lead_id}"' in browser.post("/search", text=number.replace("-", " ", 0)).text
    with open_generation(office.workspace) as read:
        assert read.find_lead(number)["lead_id"] == lead_id
        with pytest.raises(UsageError, match="no lead with the number"):
            read.find_lead("L-ZZZZ-ZZZZ")


def test_the_one_next_action_fits_the_state_and_done_steps_are_ticked(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead_id, browser = lead_office.leads()[0]["lead_id"], signed_in(IO)
    path = f"/leads/{lead_id}"
    assert first_action(browser.get(path).text) == (f"{path}#assign", "Assign an officer")
    own = office.io.officer
    page = browser.get(path).text
    assert f'<option value="{own.officer_id}" selected>me ({own.name})</option>' in page
    browser.post("/leads/assign", lead=lead_id, to=office.io.officer.officer_id, why="the district is mine")
    page = browser.get(path).text
    assert first_action(page)[0] == f"/notices/new?lead={lead_id}&kind=preservation"
    assert len(re.findall(r'<li class="done">', page)) == 1 and "1 of 6 done" in page
    browser.post(f"{path}/notes", text="rang the station", why="FIR 12/2026")
    history = re.findall(r'<ol class="history">.*?</ol>', browser.get(path).text, re.DOTALL)[-1]
    assert [one for one in ("Note written", "Assigned") if one in history] == ["Note written", "Assigned"]
    browser.post("/leads/close", lead=lead_id, reason="no-line", why="nothing in it")
    assert "actions first" in browser.get(path).text and "Assign an officer</a>" not in browser.get(path).text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> LeadOffice:
    """A lead that is assigned and marked."""
    made = lead_office_in(tmp_path_factory.mktemp("lead"))
    made.scan(made.log("http.log", [Visit(7 * at * at, "198.51.100.130") for at in range(12)]), made.flags())
    made.rebuild()
    lead_id = made.leads()[0]["lead_id"]
    with open_generation(made.office.workspace) as read:
        lead_work.assign_leads(
            made.office[SP], select_leads_by_ids(read, [lead_id]), made.office.io.officer.officer_id, "his own"
        )
    lead_marks.mark(made.office.io, lead_id, "the chat names a meeting")
    return made


@pytest.fixture(scope="module")
def app_server(unit: LeadOffice) -> Iterator[ServedApp]:
    with served(AppConfig(unit.office.workspace, clock=unit.office.io.clock), unit.office.officer_sessions) as made:
        yield made


@needs_build
@needs_browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
@pytest.mark.parametrize(
    ("width", "theme", "language"), [(1440, "light", "en"), (390, "dark", "ml"), (1440, "dark", "hi")]
)
def test_number_and_next_action_stay_in_sight_and_an_opened_address_is_seen(
    browser: Browser, app_server: ServedApp, unit: LeadOffice, width: int, theme: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, IO, theme=theme, language=language).new_page()
    page.goto(f"{app_server.address}/leads/{unit.leads()[0]['lead_id']}")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 820:
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        expect(page.locator("h1 .number")).to_be_in_viewport()
        expect(page.locator(".actions.first .btn").first).to_be_in_viewport()
    page.evaluate("window.scrollTo(0, 0)")
    page.locator('.actions.first [data-dialog="open"]').click()
    page.locator("#open-why").fill("FIR 12/2026")
    page.locator("dialog#open .btn").first.click()
    expect(page.locator(".opened")).to_be_in_viewport()
    context.close()


COUNT_FOLDED = """() => addEventListener("beforeprint", () => {
  document.title = `${document.querySelectorAll("details[data-prints]:not([open])").length} folded`;
})"""


@needs_build
@needs_browser
def test_the_lines_that_a_lead_folds_are_printed(browser: Browser, app_server: ServedApp, unit: LeadOffice) -> None:
    context = browser.new_context()
    page = app_server.signed_in(context, IO).new_page()
    page.goto(f"{app_server.address}/leads/{unit.leads()[0]['lead_id']}")
    last = page.locator(".raw > li").last
    expect(page.locator(".raw > li")).to_have_count(12)
    expect(last).to_be_hidden()
    page.evaluate(COUNT_FOLDED)
    page.pdf()
    assert page.title() == "0 folded"
    expect(last).to_be_hidden()
    context.close()


def named(**place: Any) -> Lead:
    """A lead with a place, as JSON gives it."""
    return lead_of({"lead_id": "a", "ceiling": "subscriber", "place": place})


def answer(state: str | None) -> dict[str, Any]:
    return {"dataset": None, "country": "IN", "state": state, "district": None, "radius_km": None}


def test_the_map_of_a_place_shows_whole_states_and_says_where_it_is_undetermined() -> None:
    context: Any = SimpleNamespace(says=get_messages("leads", "en"), says_of=lambda folder: get_messages(folder, "en"))
    split = build_place_map(
        context, named(verdict="undetermined", answers=[answer("IN-KL"), answer("IN-TN"), answer(None)])
    )
    assert split is not None
    assert [mark.cells[1][0] for mark in split.marks] == ["Kerala", "Tamil Nadu", "Undetermined"]
    assert [mark.cells[2][1] for mark in split.marks] == ["1", "1", "3"]
    reply = build_place_map(context, named(verdict="resolved", state="IN-KL", country="IN"))
    assert reply is not None
    assert [mark.cells[0][0] for mark in reply.marks] == ["IN-KL"]
    assert build_place_map(context, named(verdict="undetermined", answers=[answer(None)])) is None
    relay = replace(named(verdict="agreed", state="IN-KL"), ceiling=Ceiling.RELAY)
    assert build_place_map(context, relay) is None


@needs_build
@needs_browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
@pytest.mark.parametrize("width", [1440, 390])
def test_the_list_is_narrowed_by_a_query_with_keys_alone(browser: Browser, app_server: ServedApp, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, IO).new_page()
    for path in ("/leads?q=colour:red", "/leads"):
        page.goto(app_server.address + path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AXE_RUN) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("f")
    page.keyboard.type("-status:closed priority:urgent")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(1)
    expect(page.locator('input[name="q"]')).to_have_value("priority:urgent -status:closed")
    context.close()


def test_the_lead_sheet_is_saved_masked_in_the_officers_language_or_another(
    signed_in: SignIn, lead_office: LeadOffice
) -> None:
    lead, browser = lead_office.leads()[0], signed_in(IO)
    path = f"/leads/{lead['lead_id']}/sheet"
    assert f'action="{path}"' in browser.get(f"/leads/{lead['lead_id']}").text
    english, malayalam = browser.get(path), browser.get(f"{path}?language=ml")
    assert "WHAT THIS DOES NOT PROVE" in english.text and "ഇത് തെളിയിക്കാത്തത്" in malayalam.text
    assert f"{format_lead_number(lead['lead_id'])}-ml.txt" in malayalam.headers["content-disposition"]
    for answer in (english, malayalam):
        assert "198.51.100.x" in answer.text and lead["source_ip"] not in answer.text
    own = browser.client.get(path, headers={"accept-language": "hi"})
    assert "इससे क्या सिद्ध नहीं होता" in own.text
