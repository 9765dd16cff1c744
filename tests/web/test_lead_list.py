"""The list of leads: the query is completed, columns are chosen, and acts on ticked leads can be undone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sightline.casework.operations import operations
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Role
from sightline.stages.leads.triage import RANKS
from sightline.storage import rows
from sightline.translation import messages
from sightline.web.app import AppConfig
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office, lead_office_in
from tests.web.conftest import SignIn
from tests.web.hands import Hands
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_leads import ids_on
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

__all__ = ["lead_office"]
IO, SP = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT
WHY = "all of one district"


def scan_visits(unit: LeadOffice, addresses: int) -> None:
    visits = [Visit(at * 60, f"198.51.100.{130 + at}") for at in range(addresses)]
    unit.scan(unit.log("http.log", visits), unit.flags())
    unit.rebuild()


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    scan_visits(lead_office, 4)
    return lead_office.office


def row_of(page: str, lead_id: str) -> str:
    found = re.search(rf'<tr[^>]*>(?:(?!</tr>).)*href="/leads/{lead_id}".*?</tr>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_an_assignment_and_a_closing_are_undone_as_long_as_nobody_acted_since(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    browser, other = signed_in(IO), signed_in(SP)
    first, second, third, _ = sorted(one["lead_id"] for one in lead_office.leads())
    sp, io = office[SP].officer, office.io.officer
    other.post("/leads/assign", lead=first, to=sp.officer_id, why=WHY)
    for lead in (first, second):
        browser.post("/leads/assign", lead=lead, to=io.officer_id, why=WHY)
    done = browser.get("/leads")
    undo = re.search(r'<form method="post" action="(/leads/undo/[^"]+)"', done.text)
    assert undo
    assert io.name in row_of(done.text, second)
    assert other.post(undo[1]).status_code == 400, "only who did it"
    assert browser.post(undo[1]).status_code == 303
    page = browser.get("/leads").text
    assert io.name not in row_of(page, second) and "new" in row_of(page, second).split(), "nobody had it before"
    assert browser.post(undo[1]).status_code == 409, "it was undone already"
    with office.workspace.read() as tables:
        of_first = next(
            lead_batch for lead_batch in tables[rows.LeadBatch].select() if lead_batch.officer_id == io.officer_id
        )
    browser.post(f"/leads/undo/{of_first.batch_id}")
    assert sp.name in row_of(browser.get("/leads").text, first), "the officer who had it before"
    browser.post("/leads/close", lead=third, reason="no-line", why="a relay and nothing else")
    page = browser.get("/leads").text
    assert "closed" in row_of(page, third).split()
    undo = re.search(r'<form method="post" action="(/leads/undo/[^"]+)"', page)
    assert undo and browser.post(undo[1]).status_code == 303
    assert "closed" not in row_of(browser.get("/leads").text, third).split()
    with office.workspace.read() as tables:
        reasons = [lead_batch.why for lead_batch in tables[rows.LeadBatch].select()]
    assert reasons[-1] == "undone: a relay and nothing else"


def test_a_closing_that_ended_a_danger_is_not_undone(signed_in: SignIn, lead_office: LeadOffice) -> None:
    browser, lead = signed_in(IO), lead_office.leads()[0]["lead_id"]
    browser.post(f"/leads/{lead}/mark", why="the chat names a meeting")
    browser.post("/leads/close", lead=lead, reason="no-line", why="the child is safe now", danger_over="true")
    undo = re.search(r'action="(/leads/undo/[^"]+)"', browser.get(f"/leads/{lead}").text)
    assert undo
    refused = browser.post(undo[1])
    assert refused.status_code == 400 and "mark the danger again" in refused.text


def test_ticked_leads_go_to_an_operation_into_a_file_and_to_a_referral(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    browser = signed_in(IO)
    some = sorted(lead["lead_id"] for lead in lead_office.leads())[:2]
    made = operations.begin(
        office[SP], "P-Hunt 7", format_day_in_india(to_microseconds(office.io.clock())), "two districts"
    )
    token = browser.token()

    added = browser.client.post(
        "/leads/operation",
        data={"form_token": token, "lead": some, "operation": made.operation_id, "why": WHY},
        follow_redirects=False,
    )
    assert added.status_code == 303, added.text
    assert added.headers["location"] == f"/operations/{made.operation_id}"
    assert set(re.findall(r'href="/leads/([0-9a-f]{32})"', browser.get(added.headers["location"]).text)) == set(some)
    fields = {"form_token": token, "lead": some, "why": WHY, "query": ""}
    exported = browser.client.post("/leads/export", data=fields)
    assert {one["lead_id"] for one in csv.DictReader(exported.text.splitlines())} == set(some)
    planned = browser.client.post("/leads/refer", data={"form_token": token, "lead": some}, follow_redirects=False)
    page = browser.get(planned.headers["location"]).text
    assert all(f'name="lead" value="{one}"' in page or f'href="/leads/{one}"' in page for one in some)
    assert browser.post("/leads/refer").headers["location"] == "/leads"


def test_columns_are_left_out_and_stay_so_in_this_browser(signed_in: SignIn) -> None:
    browser = signed_in(IO)
    assert "Beta Broadband" in browser.get("/leads").text
    table = re.compile(r"<table data-keys.*?</table>", re.DOTALL)
    browser.post("/leads/columns", column="place", compact="true")
    found = table.search(browser.get("/leads").text)
    assert found and "Beta Broadband" not in found[0] and 'class="one-line compact"' in found[0]
    assert len(re.findall(r"<th scope=\"col\"", found[0])) == 2
    assert len(ids_on(found[0])) == 4


def test_each_rule_for_a_lead_has_words_for_the_row() -> None:
    assert {f"leads.rule.{rule}" for rule in RANKS} <= messages.load_catalogue("en").keys()


def test_the_words_of_the_query_are_those_of_the_leads(signed_in: SignIn, office: Office) -> None:
    known = signed_in(IO).get("/leads/all/words").json()
    assert known["values"]["isp"] == ["Beta Broadband"] and known["values"]["owner"][:1] == ["me"]
    assert "closed" in known["values"]["status"] and "status" in known["without"] and "isp" not in known["without"]
    assert {"IN-KL", "undetermined"} <= set(known["values"]["place"])
    assert not any(one.startswith("198.51.") for some in known["values"].values() for one in some)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    unit = lead_office_in(tmp_path_factory.mktemp("list"))
    scan_visits(unit, 3)
    with served(AppConfig(unit.office.workspace, clock=unit.office.io.clock), unit.office.officer_sessions) as made:
        yield made


def options(page: Page) -> list[str]:
    expect(page.locator("#completions")).to_be_visible()
    return page.locator("#completions [role=option]").all_inner_texts()


@needs_build
@needs_browser
def test_a_query_is_completed_by_keys_alone(browser: Browser, app_server: ServedApp) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, IO).new_page()
    page.goto(f"{app_server.address}/leads")
    page.keyboard.press("f")
    field = page.locator("input[data-completes]")
    expect(field).to_be_focused()
    expect(page.locator("#completions")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    assert {"isp:", "reason:", "status:", "seen:", "owner:"} <= set(options(page))
    page.keyboard.type("isp")
    expect(page.locator("#completions [role=option]")).to_have_text(["isp:"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#completions [role=option]")).to_have_text(['"Beta Broadband"'])
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == "completion-0"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    field.focus()
    for typed, option in (("Bet", '"Beta Broadband"'), ("-sta", "-status:"), ("clo", "closed")):
        page.keyboard.type(typed)
        expect(page.locator("#completions [role=option]")).to_have_text([option])
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    assert field.input_value() == 'isp:"Beta Broadband" -status:closed '
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert len(ids_on(page.content())) == 3 and "isp=Beta" in page.url
    hands = Hands(page, app_server.address)
    assert hands.wrong == []
    context.close()


@needs_build
@needs_browser
def test_charts_beside_the_table_narrow_it_to_several_marks_at_once(browser: Browser, tmp_path: Path) -> None:
    unit = lead_office_in(tmp_path)
    day = 86_400
    visits = [Visit(at, f"198.51.100.{130 + number}") for number, at in enumerate((0, day, 2 * day, 9 * day))]
    unit.scan(unit.log("http.log", visits), unit.flags())
    unit.rebuild()
    with served(AppConfig(unit.office.workspace, clock=unit.office.io.clock), unit.office.officer_sessions) as made:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page = made.signed_in(context, IO).new_page()
        page.goto(f"{made.address}/leads")
        page.get_by_role("button", name="Charts beside the table").click()
        marks = page.locator("#panel-days a.mark")
        expect(marks).to_have_count(10)
        # By keys: the first day and the next two.
        marks.first.focus()
        for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Enter"):
            page.keyboard.press(key)
        page.wait_for_url("**since=*")
        assert len(ids_on(page.content())) == 3 and "until=" in page.url
        # By the pointer: the two last of what is left.
        marks = page.locator("#panel-days a.mark")
        expect(marks).to_have_count(3)
        page.locator("#panel-days svg").scroll_into_view_if_needed()
        one, other = (marks.nth(at).bounding_box() for at in (1, 2))
        assert one and other
        page.mouse.move(one["x"] + 3, one["y"] + one["height"] / 2)
        page.mouse.down()
        page.mouse.move(other["x"] + 3, other["y"] + other["height"] / 2, steps=4)
        page.mouse.up()
        expect(page.locator("#panel-days a.mark")).to_have_count(2)
        assert len(ids_on(page.content())) == 2
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AXE_RUN) == []
        context.close()
