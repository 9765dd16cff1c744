"""Notifications: each kind reaches exactly those whom it concerns, and stays new until they say that they read it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sightline.casework import decisions
from sightline.casework.leads import lead_marks, lead_notes, lead_work, outcomes, saved_views
from sightline.casework.leads.lead_watches import watch_lead
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import NoticeKind, OutcomeKind, Role
from sightline.model.progress import ignore_progress
from sightline.model.short_ids import format_lead_number
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.inbox.news import find_mentioned
from sightline.services.inbox.news_groups import TOGETHER_US, group_news
from sightline.services.inbox.news_item import News, NewsKind
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.notices.drafts import NoticeDraftRequest, draft_all_notices, draft_notice
from sightline.services.notices.notice_steps import approve_notice, mark_sent
from sightline.services.referrals import export, force_answers, force_notes, package_reader
from sightline.services.resolution.received_reply import ReceiveRequest
from sightline.services.resolution.reply_intake import receive_reply
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.stages.lists.signature import create_key
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.storage import rows
from sightline.web.app import AppConfig, create_app
from sightline.workspace.unit_keys import read_unit_key
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.referrals.world import new_world
from tests.services.test_notices import lead_office_in
from tests.web.conftest import Browser

IO, SP, AUDITOR, SUPERVISOR = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT, Role.AUDITOR, Role.SUPERVISOR
WHY = "the district is theirs"
KARNATAKA_NAME = "Cyber Police of KA-CYBER"
ITEM = re.compile(r'<tr(?: class="unread")?>\s*<th scope="row">\s*<a class="row[^"]*" href="([^"]+)">([^<]+)</a>')


@pytest.fixture
def unit(tmp_path: Path) -> LeadOffice:
    """Three leads, made twice: the first has one visit more since, and the third is new."""
    unit = lead_office_in(tmp_path)
    first = [Visit(at * 60, f"198.51.100.{130 + at}") for at in range(2)]
    unit.scan(unit.log("first.log", first), unit.flags())
    unit.rebuild()
    return unit


def read_more(unit: LeadOffice) -> None:
    """Read a second log: one more visit of each of two leads, and the first visit of a third."""
    more = [Visit(90, "198.51.100.130"), Visit(150, "198.51.100.131"), Visit(200, "198.51.100.132")]
    unit.scan(unit.log("second.log", more), unit.flags())
    unit.rebuild()


class Browsers:
    """The web app, and a browser of each officer."""

    def __init__(self, office: Office) -> None:
        self.app = create_app(AppConfig(office.workspace, clock=office.io.clock))

    def __getitem__(self, who: OfficerSession) -> Browser:
        client = TestClient(self.app, base_url="http://127.0.0.1")
        client.cookies.set("sightline", self.app.state.live_sessions.begin(who, "test"))
        return Browser(client)

    def notifications(self, who: OfficerSession) -> list[tuple[str, str]]:
        """The notifications of an officer: page and text."""
        page = self[who].get("/inbox")
        assert page.status_code == 200, page.text[-500:]
        return [(html.unescape(path), html.unescape(text)) for path, text in ITEM.findall(page.text)]


def choose(office: Office, lead_id: str) -> lead_work.SelectedLeads:
    with open_generation(office.workspace) as read:
        return select_leads_by_ids(read, [lead_id])


def test_acts_of_others_on_an_officers_work_notify_only_that_officer(unit: LeadOffice) -> None:
    office = unit.office
    io, sp, browsers = office.io, office[SP], Browsers(office)
    lead_id = unit.leads()[0]["lead_id"]
    number = format_lead_number(lead_id)
    assert [text for _, text in browsers.notifications(io)] == ["Approved: trust an issuer's key, AGENCY"], (
        "the office was founded"
    )
    lead_work.assign_leads(sp, choose(office, lead_id), io.officer.officer_id, WHY)
    lead_notes.write(sp, lead_id, f"Ask @{io.officer.name}: who else lived there?", "telephone")
    lead_notes.write(io, lead_id, "The caretaker knows.", "telephone")
    lead_marks.mark(sp, lead_id, "the chat names a meeting")
    path_by_text = {text: path for path, text in browsers.notifications(io) if "/leads/" in path}
    assert path_by_text == {
        f"The lead {number} was assigned to you": f"/leads/{lead_id}",
        f"A note about {number} names you": f"/leads/{lead_id}#notes",
        f"Child in present danger: {number}": f"/leads/{lead_id}",
    }
    assert [text for path, text in browsers.notifications(sp) if "/leads/" in path] == [f"New note about {number}"]
    assert not browsers.notifications(office[AUDITOR]), "an auditor sees no lead"
    day = format_day_in_india(to_microseconds(io.clock()))
    outcomes.record_outcome(
        io, outcomes.OutcomeForm(lead_id, office.case.number, OutcomeKind.NO_RESULT, day, "the flat is empty")
    )
    assert f"Outcome recorded for {number}" in [text for _, text in browsers.notifications(sp)]


def test_a_watched_lead_notifies_its_officer_until_the_officer_stops_watching(unit: LeadOffice) -> None:
    office, lead_id = unit.office, unit.leads()[0]["lead_id"]
    sp, number, browsers = office[SP], format_lead_number(lead_id), Browsers(office)
    watcher = browsers[office[SUPERVISOR]]

    def news() -> list[str]:
        return [text for path, text in browsers.notifications(office[SUPERVISOR]) if path.startswith("/leads/")]

    lead_notes.write(sp, lead_id, "The caretaker knows.", "telephone")
    assert news() == [] and f'action="/leads/{lead_id}/watch"' in watcher.get(f"/leads/{lead_id}").text
    for _ in range(2):
        assert watcher.post(f"/leads/{lead_id}/watch").status_code == 303, "a second click has no effect"
    with office.workspace.read() as tables:
        assert len(tables[rows.SavedView].select()) == 1
        assert saved_views.list_views(tables, office[SUPERVISOR].officer.officer_id) == []
    lead_work.assign_leads(sp, choose(office, lead_id), office.io.officer.officer_id, WHY)
    assert set(news()) == {f"{number}, which you watch, was assigned to an officer", f"New note about {number}"}
    assert not [text for _, text in browsers.notifications(office.io) if "which you watch" in text]
    read_more(unit)
    assert f"1 more visit of {number}" in news()
    assert watcher.post(f"/leads/{lead_id}/unwatch").status_code == 303
    assert news() == [] and f'action="/leads/{lead_id}/watch"' in watcher.get(f"/leads/{lead_id}").text


@pytest.mark.parametrize("name", ["Ker\u200bala", "Kerala\u202e", "\u200d\u200c", "Kerala\nall", "—"])
def test_the_name_of_a_saved_search_is_what_officers_see(unit: LeadOffice, name: str) -> None:
    browser = Browsers(unit.office)[unit.office.io]
    answer = browser.post("/leads/views", name=name, query="ceiling=subscriber")
    assert answer.status_code == 400 and ("invisible" in answer.text or "no letter" in answer.text)
    assert browser.post("/leads/views", name="കേരളം", query="ceiling=subscriber&watch=1").status_code == 303
    with unit.office.workspace.read() as tables:
        assert [view.query for view in tables[rows.SavedView].select()] == ["ceiling=subscriber"]


def test_notifications_are_new_until_the_officer_says_that_they_are_read(unit: LeadOffice) -> None:
    office = unit.office
    browser = Browsers(office)[office.io]
    browser.post("/inbox/read")
    lead_work.assign_leads(office[SP], choose(office, unit.leads()[0]["lead_id"]), office.io.officer.officer_id, WHY)
    for path in ("/", "/leads", "/cases"):
        assert 'aria-label="1 new notification"' in browser.get(path).text
    assert browser.get("/inbox").text.count('class="unread"') == 1, "looking is not reading"
    assert browser.post("/inbox/read").headers["location"] == "/inbox"
    page = browser.get("/inbox").text
    assert 'class="unread"' not in page and "was assigned to you" in page
    again = Browsers(office)[office.io]
    assert "new notification" not in again.get("/").text, "another server knows it from the journal"


def test_decisions_late_answers_and_revoked_keys_reach_who_must_act(unit: LeadOffice) -> None:
    office = unit.office
    io, sp = office.io, office[SP]
    (notice,) = draft_all_notices(io, office.case.case_id, NoticeKind.RECORDS, why=WHY)
    sent = mark_sent(io, approve_notice(sp, notice, "compared"), "by hand")
    asked = issuers.enrol(io, create_key("OTHER").derive_public(), "letter")
    decisions.decide(sp, asked.approval_id, give=False, why="the letter is unsigned")
    browsers = Browsers(office)
    assert [text for _, text in browsers.notifications(io)][:2] == [
        "Refused: trust an issuer's key, OTHER",
        f"Approved: send a notice for records, {sent.number}",
    ]
    assert sent.due_at_us is not None
    with office.workspace.read() as tables:
        known = tables[rows.IssuerKey].select()[0]
    issuers.revoke(io, known.key_id, "the agency changed its key")
    office.io.clock.pass_by(timedelta(days=29))  # type: ignore[attr-defined]
    texts = [text for _, text in browsers.notifications(io)]
    assert any(text.startswith("The answer of Beta Broadband") and text.endswith("is late") for text in texts)
    assert f"The key of {known.issuer} for lists was revoked" in [
        text for _, text in browsers.notifications(office[AUDITOR])
    ]
    assert not any("is late" in text for _, text in browsers.notifications(office[SUPERVISOR])), (
        "the officer who asked is told"
    )


def test_a_rebuild_tells_who_works_on_a_lead_that_visits_joined_it(unit: LeadOffice) -> None:
    office = unit.office
    worked, left, *_ = sorted(lead["lead_id"] for lead in unit.leads())
    lead_work.assign_leads(office[SP], choose(office, worked), office.io.officer.officer_id, WHY)
    read_more(unit)
    grown = {lead["lead_id"]: lead["visits"] for lead in unit.leads()}
    assert grown[worked] == 2 and grown[left] == 2
    with office.workspace.read() as tables:
        entries = tables[rows.LedgerRow].select(verb=Verb.LEAD_VISITED.value)
    assert [entry.thing for entry in entries] == [f"lead:{worked}"], "nobody works on the other"
    text = f"1 more visit of {format_lead_number(worked)}"
    browsers = Browsers(office)
    assert text in [one for _, one in browsers.notifications(office.io)]
    assert text not in [one for _, one in browsers.notifications(office[SP])]
    assert not verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings, (
        "the entry is one that this role may sign"
    )


def test_a_saved_search_tells_its_owner_how_many_leads_are_new_in_it(unit: LeadOffice) -> None:
    office = unit.office
    saved_views.save(office.io, "Beta", "isp=Beta Broadband", is_shared=True)
    saved_views.save(office.io, "Relays", "relay=yes", is_shared=False)
    browsers = Browsers(office)
    assert "Saved searches" not in browsers[office.io].get("/inbox").text
    read_more(unit)
    page = browsers[office.io].get("/inbox").text
    assert re.findall(r'class="row" href="/leads\?([^"]+)">([^<]+)</a></th>\s*<td[^>]*>([^<]+)</td>', page) == [
        ("isp=Beta+Broadband", "Beta", "1 new lead")
    ]
    assert "Saved searches" not in browsers[office[SP]].get("/inbox").text


def test_a_name_is_mentioned_only_as_a_whole() -> None:
    officers = {"@s.rao": "1", "@s. menon": "2"}
    assert find_mentioned("ask @S.Rao, and @s. menon.", officers) == {"1", "2"}
    assert find_mentioned("ask @s.raoul or s. menon", officers) == set()


def test_requests_and_answers_of_other_forces_notify_the_officers_concerned(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    office, browsers = world.officer_session.office, Browsers(world.officer_session.office)
    request = world.ask()
    named = f"{KARNATAKA_NAME} asks for leads in its case Cr. 41/2026"
    assert (f"/referrals#request-{request.request_id}", named) in browsers.notifications(office[SUPERVISOR])
    assert named not in [text for _, text in browsers.notifications(office.io)], "it was recorded by this officer"
    assert named not in [text for _, text in browsers.notifications(office[AUDITOR])]
    referral = world.approved(request=request.request_id, force=None)
    bag = tmp_path / "referral.age"
    export.seal_referral(office.io, referral.number, bag)
    public = read_unit_key(office.workspace).derive_public()
    package = package_reader.open_package(bag, [world.karnataka.identity], public)
    receipt = package_reader.sign_receipt(package, world.karnataka.secret, world.clock())
    received = (f"/referrals/{referral.referral_id}", f"{KARNATAKA_NAME} received the referral {referral.number}")
    assert received not in browsers.notifications(office.io)
    force_answers.register_answer(office.io, force_notes.read(receipt))
    assert received in browsers.notifications(office.io)
    answer = package_reader.sign_answer(
        package.about,
        world.karnataka.secret,
        world.clock(),
        [(str(package.leads[0]["lead_id"]), OutcomeKind.CONFIRMED, "2026-06-04")],
    )
    force_answers.register_answer(office[SUPERVISOR], force_notes.read(answer))
    found = f"{KARNATAKA_NAME} recorded an outcome of the referral {referral.number}"
    assert found in [text for _, text in browsers.notifications(office.io)]
    assert received not in browsers.notifications(office[SUPERVISOR]), "another officer made it"


def news(kind: NewsKind, thing: str, at_us: int, count: int = 1) -> News:
    return News(kind, at_us, thing, thing, count=count)


def test_equal_notifications_are_one_row_with_a_count() -> None:
    visits = [news(NewsKind.VISITS, "lead:1", at, 2) for at in (1, 2, 3)]
    (row,) = group_news(visits, 0)
    assert (row.times, row.count, row.newest.at_us, row.total) == (3, 6, 3, 3)
    read, unread = group_news([news(NewsKind.NOTED, "lead:1", at) for at in (1, 9)], 5)[::-1]
    assert (read.times, unread.times) == (1, 1), "what is new is never behind what was read"
    several = [news(NewsKind.OVERDUE, f"notice:{at}", at) for at in range(4)]
    (row,) = group_news(several, -1)
    assert row.newest.thing == "notice:3" and [other.thing for other in row.others] == [
        f"notice:{at}" for at in (2, 1, 0)
    ]
    assert len(group_news(several[:2], -1)) == 2
    assert len(group_news([news(NewsKind.DANGER, f"lead:{at}", at) for at in range(4)], -1)) == 4
    apart = [news(NewsKind.OVERDUE, f"notice:{at}", at * TOGETHER_US) for at in range(4)]
    assert len(group_news(apart, -1)) == 4


def test_a_reply_about_a_watched_lead_reaches_who_watches_it(unit: LeadOffice, tmp_path: Path) -> None:
    office, browsers = unit.office, Browsers(unit.office)
    io, watcher = office.io, office[SUPERVISOR]
    watched, other = sorted(unit.leads(), key=lambda lead: lead["source_ip"])
    for officer_session, lead in ((watcher, watched), (io, watched), (office[SP], other)):
        watch_lead(officer_session, lead["lead_id"])
    asked = NoticeDraftRequest(office.case.number, NoticeKind.RECORDS, leads=(watched["lead_id"],))
    notice = draft_notice(io, asked)
    mark_sent(io, approve_notice(office[SP], notice, "compared"), "by hand")
    text = (
        "Circuit ID,Public IP,Port From,Port To,Start Time,End Time\n"
        f"KL1037494,{watched['source_ip']},40000,40999,2026-03-01T12:36:55+05:30,2026-03-01T20:41:37+05:30\n"
    )
    path = tmp_path / "reply.csv"
    path.write_text(text)
    today = format_day_in_india(to_microseconds(io.clock()))
    receive_reply(office[Role.STATION_OFFICER], ReceiveRequest(notice.notice_id, path, ReplyDeclarations(), today))
    number = format_lead_number(watched["lead_id"])
    says = f"Beta Broadband replied about {number}, which you watch"
    assert says in [text for _, text in browsers.notifications(watcher)]
    mine = [text for _, text in browsers.notifications(io)]
    assert says not in mine and f"Beta Broadband replied to {notice.number}" in mine
    assert not [text for _, text in browsers.notifications(office[SP]) if "replied about" in text]
