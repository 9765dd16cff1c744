"""Home as a work queue: children in danger before all, own work with its next step, and what each role answers for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from sightline.casework.leads import lead_marks, lead_work
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeKind, Role, Stamp
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.notices.drafts import draft_all_notices
from sightline.services.notices.notice_steps import approve_notice, mark_sent
from sightline.stages.report.printable import IST
from sightline.storage import rows
from sightline.web.app import AppConfig, create_app
from sightline.web.pages.home import measures
from sightline.web.pages.home.oversight import count_ages
from sightline.web.pages.home.routes import name_part_of_day
from tests.office import Office, found_office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office, lead_office_in
from tests.web.conftest import SignIn
from tests.web.hands import Hands
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.world import ServedApp, chromium, served

__all__ = ["lead_office"]
IO, SP, AUDITOR = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT, Role.AUDITOR
WHY = "the chat names a meeting"


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    visits = [Visit(at * 60, f"198.51.100.{130 + at}") for at in range(9)]
    lead_office.scan(lead_office.log("http.log", visits), lead_office.flags())
    lead_office.rebuild()
    return lead_office.office


def band_of(page: str) -> str:
    """The red band of a page, or nothing."""
    found = re.search(r'<section class="danger-band".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def test_a_child_in_danger_is_on_top_of_home_and_in_the_navigation_of_every_page_until_it_is_over(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead_id = lead_office.leads()[4]["lead_id"]
    officer, superintendent = signed_in(IO), signed_in(SP)
    badge = "1 lead with a child in present danger"
    assert not band_of(officer.get("/").text) and badge not in officer.get("/cases").text
    officer.post(f"/leads/{lead_id}/mark", why=WHY)
    for browser in (officer, superintendent):
        band = band_of(browser.get("/").text)
        assert WHY in band and "No owner" in band and "Assign an officer" in band
        assert f'href="/leads/{lead_id}#assign"' in band
        for path in ("/", "/cases", "/exhibits", "/ledger"):
            assert badge in browser.get(path).text
    officer.post("/leads/assign", lead=lead_id, to=office.io.officer.officer_id, why="the district is mine")
    band = band_of(officer.get("/").text)
    assert "You" in band and f"/notices/new?lead={lead_id}&amp;kind=preservation" in band
    assert office.io.officer.name in band_of(superintendent.get("/").text)
    officer.post(f"/leads/{lead_id}/mark", why="the child is safe", is_lifted="true")
    assert not band_of(officer.get("/").text) and badge not in officer.get("/cases").text


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "evening"), (3, "evening"), (4, "morning"), (12, "afternoon"), (17, "evening")]
)
def test_the_greeting_is_of_the_hour_in_india(hour: int, part: str) -> None:
    assert name_part_of_day(datetime(2026, 11, 28, hour, 15, tzinfo=IST)) == part


def test_own_leads_stand_on_home_with_the_count_of_all(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    ids = [lead["lead_id"] for lead in lead_office.leads()][:7]
    with open_generation(office.workspace) as read:
        lead_work.assign_leads(office[SP], select_leads_by_ids(read, ids), office.io.officer.officer_id, "one district")
    page = signed_in(IO).get("/").text
    mine = re.search(r'aria-labelledby="mine-title">.*?</section>', page, re.DOTALL)
    assert mine and len(re.findall(r'class="row"', mine[0])) == 6 and "<b>7</b>" in mine[0]
    assert 'aria-labelledby="mine-title"' not in signed_in(SP).get("/").text
    workload = re.search(r'aria-labelledby="workload-title">.*?</section>', signed_in(SP).get("/").text, re.DOTALL)
    assert workload and office.io.officer.name in workload[0] and ">7</td>" in workload[0]
    assert 'aria-label="0 to 2 days: 7, 3 to 6: 0, 7 to 13: 0, 14 days or more: 0"' in workload[0]
    link = re.search(r'href="([^"]*)">No owner</a></th>\s*<td[^>]*>([0-9]+)</td>', workload[0])
    others = {lead["lead_id"] for lead in lead_office.leads()}.difference(ids)
    assert link and int(link[2]) == len(others)
    assert set(re.findall(r'href="/leads/([0-9a-f]{16,})"', signed_in(SP).get(html.unescape(link[1])).text)) == others


def test_ages_are_counted_in_whole_days_by_their_bands() -> None:
    day = 86_400_000_000
    just_under = [day * 3 - 1, day * 7 - 1, day * 14 - 1]
    since = [-age for age in (0, day * 3, day * 7, day * 14, day * 400, *just_under)]
    assert count_ages(since, 0) == (2, 2, 2, 2)
    assert count_ages([day], 0) == (1, 0, 0, 0)


def test_an_auditor_sees_who_opened_what_and_which_reasons_say_too_little(signed_in: SignIn, office: Office) -> None:
    officer_id, now = office.io.officer.officer_id, office.io.clock()
    for number, why in enumerate(("curiosity", "FIR 12/2026")):
        office.workspace.append_to_journal(officer_id, JournalVerb.VIEW_IDENTITY, f"subscriber:{number}", why, now)
    page = signed_in(AUDITOR).get("/").text
    counts = page.partition('id="audit-title"')[2]
    row = re.search(rf'<th scope="row">{re.escape(office.io.officer.name)}</th>(.*?)</tr>', counts, re.DOTALL)
    assert row and re.findall(r">(\d+)</td>", row[1]) == ["2", "0", "0", "1"]
    newest = page.partition('id="newest-title"')[2].partition("</section>")[0]
    assert newest.index("FIR 12/2026") < newest.index("curiosity") and "IST</time>" in newest
    assert "no checkpoint ever left this machine" in page and not band_of(page)


def test_supervising_officers_see_how_isps_answer_and_each_week(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    visits = [Visit(at * 60, f"198.51.100.{150 + at}") for at in range(2)]
    lead_office.scan(lead_office.log("more.log", visits), lead_office.flags())
    lead_office.rebuild()
    notice = draft_all_notices(office.io, office.case.case_id, NoticeKind.RECORDS, why=WHY)[0]
    sent = mark_sent(office.io, approve_notice(office.officer_sessions[SP], notice, "compared"), "by hand")
    with office.workspace.read() as tables:
        licensee = tables[rows.Licensee].get(sent.licensee_id)
    assert licensee
    page = signed_in(SP).get("/").text
    asked = page.partition('id="responses-title"')[2].partition("</section>")[0]
    row = re.search(rf'<th scope="row">{licensee.name}</th>(.*?)</tr>', asked, re.DOTALL)
    assert row and re.findall(r">([^<]+)</td>", row[1]) == ["\u2013", "0", "1", "0"]
    weeks = page.partition('id="weeks-title"')[2].partition("</tr>")[2].partition("</tr>")[0]
    assert re.findall(r">(\d+)</td>", weeks) == ["0", "1", "0", "0"]
    assert 'aria-label="Notices sent: 0, 0, 0, 0, 0, 0, 0, 1"' in page and "time-range" not in asked
    assert "responses-title" not in signed_in(IO).get("/").text
    pairs = signed_in(AUDITOR).get("/").text.partition('id="pairs-title"')[2]
    assert office.io.officer.name in pairs and office.officer_sessions[SP].officer.name in pairs


def test_the_usual_days_leave_out_a_tenth_at_either_side() -> None:
    assert measures._find_usual([3.0]) == (3.0, 3.0)
    assert measures._find_usual([9.0, *range(1, 9), 90.0]) == (2, 9.0)


def test_roles_without_leads_see_what_they_answer_for(signed_in: SignIn, office: Office) -> None:
    with office.workspace.read() as tables:
        held = tables[rows.Exhibit].count()
    assert f"<b>{held}</b> exhibits held" in signed_in(Role.CUSTODIAN).get("/").text
    administrator = signed_in(Role.ADMINISTRATOR).get("/").text
    assert "no backup was ever made" in administrator and 'href="/administration/doctor"' in administrator


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    """Two leads, of which one is marked."""
    unit = lead_office_in(tmp_path_factory.mktemp("home"))
    visits = [Visit(at * 86_400, f"198.51.100.13{at}") for at in range(2)]
    unit.scan(unit.log("http.log", visits), unit.flags())
    unit.rebuild()
    lead_marks.mark(unit.office.io, unit.leads()[1]["lead_id"], WHY)
    with served(AppConfig(unit.office.workspace, clock=unit.office.io.clock), unit.office.officer_sessions) as made:
        yield made


@needs_build
@needs_browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
@pytest.mark.parametrize(
    ("width", "theme", "language"), [(1440, "light", "en"), (390, "dark", "ml"), (390, "light", "hi")]
)
def test_home_holds_in_all_looks_and_keys_go_to_the_danger_first(
    browser: Browser, app_server: ServedApp, width: int, theme: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, IO, theme=theme, language=language).new_page()
    page.goto(app_server.address)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(".danger-band")).to_be_in_viewport()
    if language == "en":
        hands = Hands(page, app_server.address)
        hands.press("j")
        expect(page.locator(".danger-band a.row")).to_be_focused()
        hands.press("Tab")
        hands.leave("Enter")
        expect(page.locator("dialog#assign[open]")).to_be_visible()
        assert hands.wrong == []
    context.close()


@pytest.mark.parametrize("stamp", list(Stamp))
def test_a_trainer_sees_who_takes_part_in_an_exercise_and_how_far_the_class_is(tmp_path: Path, stamp: Stamp) -> None:
    office = found_office(tmp_path / "office", stamp=stamp)
    app = create_app(AppConfig(office.workspace, clock=office.io.clock))

    def home(role: Role) -> str:
        client = TestClient(app, base_url="http://127.0.0.1")
        client.cookies.set("sightline", app.state.live_sessions.begin(office[role], "test"))
        return str(client.get("/").text)

    page = home(Role.SUPERVISOR)
    if stamp is not Stamp.EXERCISE:
        assert "The class" not in page
        return
    rows_of_class = re.findall(r'<th scope="row">([^<]+)<small>', page[page.index("class-title") :])
    assert set(rows_of_class) == {session.officer.name for session in office.officer_sessions.values()}
    assert "0 of 9 tasks begun" in page and "The class" not in home(IO)
    lead_marks.mark(office.io, "0" * 32, WHY)
    page = home(Role.SUPERVISOR)
    assert "1 of 9 tasks begun" in page
    card = page[page.index("class-title") :]
    assert re.search(rf'{office.io.officer.name}<small>.*?data-label="Leads">1</td>', card, re.DOTALL)
    assert 'href="/exercise"' in page
    # An administrator sees the class, and may not open the page of the exercise.
    page = home(Role.ADMINISTRATOR)
    assert "The class" in page and 'href="/exercise"' not in page
