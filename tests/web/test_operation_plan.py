"""An operation is planned: leads are chosen by a query, teams get a place and a time, and the plan is on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import expect

from sightline.casework.leads import lead_work
from sightline.casework.operations import operation_teams, operations
from sightline.casework.operations.operation_teams import TeamForm
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Role
from sightline.model.progress import ignore_progress
from sightline.model.short_ids import format_lead_number
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.rows import LeadBatch, OperationEvent, OperationTeam
from sightline.web.app import AppConfig, create_app
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office_in
from tests.web.conftest import Browser
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.world import chromium, served

SP, ANALYST = Role.SUPERINTENDENT, Role.ANALYST
MANY = 480
"""Leads of a large operation."""
TEAM = {"name": "Alpha", "strength": "4", "venue": "Police station, Aluva", "state": "IN-KL", "district": "Ernakulam"}
TEAM |= {"begins_at": "2026-06-05T05:30", "ends_at": "2026-06-05T12:00", "task": "two lines of one street"}


@pytest.fixture
def unit(tmp_path: Path) -> LeadOffice:
    made = lead_office_in(tmp_path)
    made.scan(made.log("http.log", [Visit(at * 60, f"198.51.100.{130 + at}") for at in range(3)]), made.flags())
    made.rebuild()
    return made


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[PlaywrightBrowser]:
    with chromium() as made:
        yield made


def browser(unit: LeadOffice, role: Role) -> Browser:
    app = create_app(AppConfig(unit.office.workspace, clock=unit.office.io.clock))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.live_sessions.begin(unit.office[role], "test"))
    return Browser(client)


def test_leads_are_chosen_by_a_query_and_teams_are_planned(unit: LeadOffice) -> None:
    officer_session = unit.office[SP]
    made = operations.begin(
        officer_session, "P-Hunt 7", format_day_in_india(to_microseconds(officer_session.clock())), "two districts"
    )
    here, officer = f"/operations/{made.operation_id}", browser(unit, SP)
    page = officer.get(f"{here}/add").text
    offered = re.findall(r'name="lead" value="(\w+)"', page)
    assert sorted(offered) == sorted(str(lead["lead_id"]) for lead in unit.leads()) and 'value="status:new"' in page
    assert 'href="#team-name"' not in officer.get(here).text
    assert officer.post(f"{here}/leads", lead=offered[:2], why="lines of one street").status_code == 303
    assert '<a class="btn" href="#team-name">Add a team</a>' in officer.get(here).text
    assert re.findall(r'name="lead" value="(\w+)"', officer.get(f"{here}/add").text) == offered[2:]
    assert officer.post(f"{here}/leads", why="nothing was ticked here").status_code == 400
    assert officer.get(f"{here}/add?q=nonsense:x").status_code == 400
    leader = unit.office.io.officer
    with open_generation(unit.office.workspace) as read:
        lead_work.assign_leads(
            officer_session, select_leads_by_ids(read, offered[:1]), leader.officer_id, "the team goes there"
        )
    assert officer.post(f"{here}/teams", leader=leader.officer_id, **TEAM).headers["location"] == f"{here}#teams"
    assert officer.get(here).text.count(f'href="{here}/add"') == 2, "at the top of the page, too"
    board, plan = officer.get(here).text, officer.get(f"{here}/plan").text
    assert "Police station, Aluva" in board and "5 Jun 2026, 05:30:00 IST" in board
    card, rest = plan.split("<h2>Leads that no team has")
    assert format_lead_number(offered[0]) in card and format_lead_number(offered[1]) in rest and leader.name in card
    assert "198.51.100" not in plan
    event = {"kind": "child-safeguarded", "happened_on": made.begun_on, "state": "IN-KL", "count": "2"}
    assert officer.post(f"{here}/events", why="GD 14 of this day", **event).status_code == 303
    with unit.office.workspace.read() as tables:
        assert [
            operation_event.count for operation_event in tables[OperationEvent].select(kind="child-safeguarded")
        ] == [2]
        team = tables[OperationTeam].select()[0]
    assert officer.post(f"{here}/report").content.startswith(b"%PDF")
    assert browser(unit, ANALYST).post(f"{here}/teams", leader=leader.officer_id, **TEAM).status_code == 403
    assert officer.post(f"{here}/teams/{team.team_id}/drop", why="it was merged with Beta").status_code == 303
    assert "Aluva" not in officer.get(here).text
    assert verify_workspace(unit.office.workspace, VerifyRequest(), ignore_progress).findings == []


def test_the_leads_of_a_team_are_assigned_with_one_reason_and_an_outcome_is_one_link_away(unit: LeadOffice) -> None:
    officer_session, leader = unit.office[SP], unit.office.io.officer
    made = operations.begin(
        officer_session, "P-Hunt 7", format_day_in_india(to_microseconds(officer_session.clock())), "two districts"
    )
    ids = [str(lead["lead_id"]) for lead in unit.leads()]
    with open_generation(unit.office.workspace) as read:
        operations.add_leads(officer_session, made.operation_id, select_leads_by_ids(read, ids), "all of one district")
    here, officer = f"/operations/{made.operation_id}", browser(unit, SP)
    assert officer.post(f"{here}/teams", leader=leader.officer_id, **TEAM).status_code == 303
    page = officer.get(here).text
    assert f'<option value="{leader.officer_id}" selected>' in page, "the leader of the team is chosen"
    assert re.findall(r'name="lead" value="(\w+)" checked', page) and "#finding-why" not in page
    nobody = officer.post(f"{here}/assign", to=leader.officer_id, why="lines of one street")
    assert nobody.status_code == 303 and "No lead was ticked" in officer.get(here).text
    act = officer.post(f"{here}/assign", lead=[*ids[:2], ids[0]], to=leader.officer_id, why="lines of one street")
    assert act.status_code == 303
    page = officer.get(here).text
    assert "2 leads are assigned." in page
    assert sorted(re.findall(r'href="/leads/(\w+)#finding-why"', page)) == sorted(ids[:2])
    with unit.office.workspace.read() as tables:
        batches = [batch for batch in tables[LeadBatch].select() if batch.why == "lines of one street"]
    assert len(batches) == 1, "one act for both"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"begins_at": "soon"}, "is not a time"),
        ({"ends_at": "2026-06-05T05:00"}, "ends before it begins"),
        ({"strength": "0"}, "A team of 0"),
        ({"leader": "nobody"}, "not an officer on duty"),
        ({"venue": "house of 98470 12345 6"}, "number or address of a person"),
        ({"state": "Atlantis"}, "not a state of India"),
    ],
)
def test_a_wrong_team_is_refused_with_what_to_do(unit: LeadOffice, wrong: dict[str, str], says: str) -> None:
    officer_session = unit.office[SP]
    made = operations.begin(
        officer_session, "P-Hunt 7", format_day_in_india(to_microseconds(officer_session.clock())), "two districts"
    )
    form = {"leader": officer_session.officer.officer_id} | TEAM | wrong
    answer = browser(unit, SP).post(f"/operations/{made.operation_id}/teams", **form)
    assert answer.status_code in {400, 403} and says in answer.text


def test_a_closed_operation_and_a_name_twice_are_refused(unit: LeadOffice) -> None:
    officer_session = unit.office[SP]
    made = operations.begin(
        officer_session, "P-Hunt 7", format_day_in_india(to_microseconds(officer_session.clock())), "two districts"
    )
    form = TeamForm(
        "Alpha", officer_session.officer.officer_id, 3, "the station", "IN-KL", officer_session.clock(), "a street"
    )
    first = operation_teams.set_team(officer_session, made.operation_id, form)
    with pytest.raises(UsageError, match="a team alpha already"):
        operation_teams.set_team(
            officer_session, made.operation_id, TeamForm("alpha", *[getattr(form, one) for one in REST])
        )
    again = operation_teams.set_team(officer_session, made.operation_id, form, first.team_id)
    assert again.team_id == first.team_id
    operations.close(officer_session, made.operation_id, "all lines were visited")
    with pytest.raises((UsageError, NotAllowed), match="is over"):
        operation_teams.drop_team(officer_session, made.operation_id, first.team_id, "it was merged with Beta")


REST = ("leader", "strength", "venue", "state", "begins_at", "task")


@needs_build
@needs_browser
def test_an_operation_of_hundreds_of_leads_is_added_at_once_and_whole_on_its_plan(
    tmp_path: Path, chromium_browser: PlaywrightBrowser
) -> None:
    unit = lead_office_in(tmp_path)
    visits = [Visit(at, f"198.51.{100 + at // 250}.{1 + at % 250}") for at in range(MANY)]
    unit.scan(unit.log("http.log", visits), unit.flags())
    unit.rebuild()
    officer_session = unit.office[SP]
    made = operations.begin(
        officer_session, "P-Hunt 7", format_day_in_india(to_microseconds(officer_session.clock())), "two districts"
    )
    here, officer = f"/operations/{made.operation_id}", browser(unit, SP)
    page = officer.get(f"{here}/add").text
    assert len(re.findall(r'name="lead" value="(\w+)"', page)) == 50 and f"all {MANY} that are found" in page
    answer = officer.post(f"{here}/leads", q="status:new", everything="true", why="lines of two districts")
    assert answer.status_code == 303 and "No lead to add" in officer.get(f"{here}/add").text
    assert (
        officer.post(f"{here}/leads", q="status:new", everything="true", why="lines of two districts").status_code
        == 400
    )
    board = officer.get(here).text
    assert board.count("data-lead=") == 12 and f'href="{here}?stage=new#board"' in board
    assert officer.get(f"{here}?stage=new").text.count("data-lead=") == MANY
    with served(AppConfig(unit.office.workspace, clock=officer_session.clock), unit.office.officer_sessions) as app:
        context = app.signed_in(chromium_browser.new_context(viewport={"width": 1440, "height": 900}), SP)
        opened_plan = context.new_page()
        opened_plan.goto(f"{app.address}{here}/plan")
        opened_plan.emulate_media(media="print")
        assert opened_plan.locator("main table tbody tr").locator("visible=true").count() == MANY
        expect(opened_plan.locator("main .creed")).to_contain_text("names no person who is looked for")
