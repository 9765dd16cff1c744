"""Leads through real HTTP: narrowed and paged, one opened with a why, worked on, and two edits at one time."""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI

from sightline.casework.operations import operations
from sightline.ledger.entry import Entry
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import OperationEventKind, Role
from sightline.storage import rows
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office
from tests.web.conftest import SignIn
from tests.web.test_notices import where

__all__ = ["lead_office"]

IO, SP = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT
ADDRESSES = [f"198.51.100.{130 + at}" for at in range(60)]


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    visits = [Visit(at * 60, address) for at, address in enumerate(ADDRESSES)]
    lead_office.scan(lead_office.log("http.log", visits), lead_office.flags())
    lead_office.rebuild()
    return lead_office.office


def ids_on(page: str) -> list[str]:
    return re.findall(r'class="row" href="/leads/([0-9a-f]{32})"', page)


def test_pages_by_key_show_each_lead_once_and_no_address(signed_in: SignIn, lead_office: LeadOffice) -> None:
    browser, seen, path = signed_in(IO), [], "/leads?sort=first"
    while path:
        page = browser.get(path).text
        assert not any(address in page for address in ADDRESSES)
        seen += ids_on(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(lead["lead_id"] for lead in lead_office.leads()) and len(seen) == 60


def test_an_address_is_opened_for_a_reason_that_the_journal_has(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead = lead_office.leads()[0]
    browser = signed_in(IO)
    path = f"/leads/{lead['lead_id']}"
    assert lead["source_ip"] not in browser.get(path).text
    assert browser.post(f"{path}/open", why=" ").status_code == 400
    assert where(browser.post(f"{path}/open", why="FIR 12/2026")) == f"{path}/open"
    assert lead["source_ip"] in browser.get(f"{path}/open").text
    with office.workspace.read() as tables:
        stored_journal_rows = tables[rows.StoredJournalRow].select(verb="view:address")
    assert [(row.actor, row.thing) for row in stored_journal_rows] == [
        (office.io.officer.officer_id, f"lead:{lead['lead_id']}")
    ]


def test_marks_sent_at_once_leave_one_and_a_lift_leaves_none(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead_id, browser = lead_office.leads()[0]["lead_id"], signed_in(IO)
    token = browser.token()

    def sent(why: str, **more: str) -> int:
        fields = {"form_token": token, "why": why} | more
        return browser.client.post(f"/leads/{lead_id}/mark", data=fields, follow_redirects=False).status_code

    with ThreadPoolExecutor(4) as many:
        assert sorted(many.map(sent, [f"the child is there, {name}" for name in ("one", "two", "three", "four")])) == [
            303,
            400,
            400,
            400,
        ]
    assert sent("the child is safe", is_lifted="true") == 303
    with office.workspace.read() as tables:
        assert [lead_mark.lifted_why for lead_mark in tables[rows.LeadMark].select()] == ["the child is safe"]


def test_a_lead_in_danger_closes_only_when_the_officer_declares_the_danger_over(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead_id, browser = lead_office.leads()[5]["lead_id"], signed_in(IO)
    assert browser.post(f"/leads/{lead_id}/mark", why="the chat names a meeting").status_code == 303
    assert ids_on(browser.get("/").text)[0] == lead_id
    fields = {"lead": lead_id, "reason": "no-line", "why": "the child is safe now"}
    refused = browser.post("/leads/close", **fields)
    assert refused.status_code == 400 and "the chat names a meeting" in refused.text
    page = browser.get(f"/leads/{lead_id}").text
    assert 'name="danger_over" value="true" required' in page
    assert browser.post("/leads/close", **fields, danger_over="true").status_code == 303
    assert lead_id not in ids_on(browser.get("/").text)
    history = re.findall(r'<ol class="history">.*?</ol>', browser.get(f"/leads/{lead_id}").text, re.DOTALL)[-1]
    for word in ("Marked: a child is in danger", "the chat names a meeting", "Mark removed", "Closed"):
        assert word in history


def test_a_logged_line_is_displayed_without_leading_space(signed_in: SignIn, lead_office: LeadOffice) -> None:
    page = signed_in(IO).get(f"/leads/{lead_office.leads()[0]['lead_id']}").text
    first_letters = re.findall(r'<li id="line-\d+" tabindex="-1">\s*<span>(.)', page, re.DOTALL)
    assert first_letters and not any(first_letter.isspace() for first_letter in first_letters)


def test_many_are_assigned_at_once_in_one_entry_of_the_officer(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    leads = [lead["lead_id"] for lead in lead_office.leads()][:7]
    browser = signed_in(IO)
    fields = {
        "form_token": browser.token(),
        "to": office.io.officer.officer_id,
        "why": "the week's work",
        "lead": leads,
    }
    answer = browser.client.post("/leads/assign", data=fields, follow_redirects=False)
    assert answer.status_code == 303
    with office.workspace.read() as tables:
        entries = [
            Entry.read(ledger_row.entry_json.encode())
            for ledger_row in tables[rows.LedgerRow].select(verb="leads:assigned")
        ]
    assert [(entry.actor, entry.facts["leads"]) for entry in entries] == [(office.io.officer.officer_id, 7)]
    assert sorted(ids_on(browser.get("/leads?status=assigned").text)) == sorted(leads)
    assert len(ids_on(browser.get("/leads?status=new&sort=first").text)) == 50


def test_all_leads_of_a_filter_are_assigned_or_closed_at_once_if_they_are_as_many_as_were_seen(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead, browser = lead_office.leads()[0]["lead_id"], signed_in(IO)
    page = browser.get("/leads?address=198.51.100.128/27").text
    assert "all 30 leads of this filter" not in page and len(ids_on(page)) == 30
    assert 'name="whole" value="60"' in browser.get("/leads").text
    to = office.io.officer.officer_id
    fields = {"lead": lead, "query": "address=198.51.100.128/27", "why": "the week's work"}
    refused = browser.post("/leads/assign", **fields, to=to, whole="29")
    assert refused.status_code == 400 and "30 leads now, not the 29" in refused.text
    assert browser.post("/leads/assign", **fields, to=to, whole="30").status_code == 303
    assert len(ids_on(browser.get("/leads?status=assigned").text)) == 30
    nobody = where(browser.get("/leads?q=owner:nobody"))
    assert "30 leads" in browser.get(nobody).text and "No owner" in browser.get(nobody).text
    assert "60 leads" in browser.get(where(browser.get("/leads?q=owner:nobody,me"))).text
    assert browser.post("/leads/close", **fields, reason="no-line", whole="30").status_code == 303
    assert browser.get("/leads?q=-status:closed").headers["location"].count("status=") == 4
    assert "30 leads" in browser.get("/leads?status=closed").text


def test_a_query_leads_to_its_filter_and_errors_appear_beside_the_field(
    signed_in: SignIn, lead_office: LeadOffice
) -> None:
    browser, lead = signed_in(IO), lead_office.leads()[0]
    level = "browse" if lead["reasons_for"] else "-"
    assert where(browser.get(f"/leads?q=reason:{level}+owner:me")).startswith("/leads?reason=")
    page = browser.get(f"/leads?reason={level}").text
    assert f'name="q" value="reason:{level}"' in page
    wrong = browser.get("/leads?q=colour:red+status:lost")
    assert wrong.status_code == 400 and 'value="colour:red status:lost"' in wrong.text
    assert re.search(r"<code>colour:red</code>: leads have no such field", wrong.text)
    assert "<code>status:lost</code>: this value is not valid" in wrong.text and 'aria-invalid="true"' in wrong.text


def test_two_edits_stand_side_by_side_and_neither_is_lost(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead = lead_office.leads()[0]["lead_id"]
    first, second = signed_in(IO), signed_in(office[SP])
    fields = {"lead": lead, "version": "0"}
    assert (
        first.post("/leads/assign", **fields, to=office.io.officer.officer_id, why="mine as the order says").status_code
        == 303
    )
    answer = second.post("/leads/close", **fields, reason="no-line", why="nothing in it")
    assert answer.status_code == 409
    assert "mine" in answer.text and "nothing in it" in answer.text
    with office.workspace.read() as tables:
        assert tables[rows.LedgerRow].select(verb="leads:closed") == []


def test_an_outcome_is_recorded_on_the_page_of_the_lead_and_withdrawn(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    lead, browser = lead_office.leads()[0]["lead_id"], signed_in(IO)
    found = {"case": office.case.case_id, "kind": "no-result", "on": "2026-03-20", "why": "charge sheet, page 4"}
    assert browser.post(f"/leads/{lead}/outcomes", **found | {"on": "2999-01-01"}).status_code == 400
    assert browser.post(f"/leads/{lead}/outcomes", **found).status_code == 303
    page = browser.get(f"/leads/{lead}").text
    assert "charge sheet, page 4" in page
    undo = re.search(rf"/leads/{lead}/outcomes/\w+/withdraw", page)
    assert undo and browser.post(undo[0], why="another lead was meant").status_code == 303
    assert "charge sheet, page 4" not in browser.get(f"/leads/{lead}").text
    with office.workspace.read() as tables:
        assert [outcome.withdrawn_why for outcome in tables[rows.Outcome].select()] == ["another lead was meant"]


def test_a_wrong_event_of_an_operation_is_withdrawn_though_it_is_over_and_of_no_other(
    signed_in: SignIn, office: Office
) -> None:
    day = format_day_in_india(to_microseconds(office.io.clock()))
    drive, other = (operations.begin(office.io, name, day, "one district").operation_id for name in ("P-1", "P-2"))
    event_form = operations.EventForm(OperationEventKind.SEARCH, day, "Kerala", "GD 15, of another drive", 3)
    event = operations.record_event(office.io, drive, event_form).event_id
    operations.close(office.io, drive, "all lines were visited")
    browser = signed_in(IO)
    undo = f"/operations/{drive}/events/{event}/withdraw"
    assert undo in browser.get(f"/operations/{drive}").text
    assert undo not in signed_in(Role.ANALYST).get(f"/operations/{drive}").text
    assert browser.post(undo.replace(drive, other), why="x as the order says").status_code == 400
    assert browser.post(undo, why=" ").status_code == 400
    assert browser.post(undo, why="it was of another drive").status_code == 303
    assert "GD 15" not in browser.get(f"/operations/{drive}").text
    with office.workspace.read() as tables:
        assert [operation_event.withdrawn_why for operation_event in tables[rows.OperationEvent].select()] == [
            "it was of another drive"
        ]
        assert len(tables[rows.LedgerRow].select(verb="operation:event-withdrawn")) == 1


def test_a_note_is_changed_unless_another_changed_it_first(signed_in: SignIn, lead_office: LeadOffice) -> None:
    lead, browser = lead_office.leads()[0]["lead_id"], signed_in(IO)
    browser.post(f"/leads/{lead}/notes", text="rang the station", why="FIR 12/2026")
    form = re.search(
        rf'action="(/leads/{lead}/notes/\w+)".*?name="version" value="(\d+)"',
        browser.get(f"/leads/{lead}").text,
        re.DOTALL,
    )
    assert form
    fields = {"version": form[2], "why": "FIR 12/2026"}
    assert browser.post(form[1], text="rang Thrissur", **fields).status_code == 303
    late = browser.post(form[1], text="rang Kochi", **fields)
    assert late.status_code == 409 and "rang Thrissur" in late.text and "rang Kochi" in late.text
    assert "rang Thrissur" in browser.get(f"/leads/{lead}").text


def test_the_journal_says_what_was_exported(signed_in: SignIn, lead_office: LeadOffice, office: Office) -> None:
    lead = lead_office.leads()[0]
    query, io = f"address={lead['source_ip']}", signed_in(IO)
    masked = io.post("/leads/export", why="annexure to the referral", query=query)
    assert masked.status_code == 200 and lead["source_ip"] not in masked.text
    whole = io.post("/leads/export", why="annexure to the referral", query=query, is_open="true")
    assert whole.status_code == 200 and lead["source_ip"] in whole.text, "one lead is an opening"
    refused = io.post("/leads/export", why="annexure to the referral", is_open="true")
    assert refused.status_code == 403 and lead["source_ip"] not in refused.text
    with office.workspace.read() as tables:
        entries = [
            stored_journal_row.text or ""
            for stored_journal_row in tables[rows.StoredJournalRow].select(verb="export:leads")
        ]
        (asked,) = tables[rows.Approval].select(action="address:export")
    assert (asked.state, json.loads(asked.request_json)["leads"]) == ("asked", len(lead_office.leads()))
    digests = [hashlib.sha256(response.content).hexdigest() for response in (masked, whole)]
    assert len(entries) == 2 and all(digest in text for digest, text in zip(digests, entries, strict=True))
    assert "masked" in entries[0] and lead["lead_id"] in entries[1]


def test_an_unknown_lead_leaves_no_note_mark_or_journal_row(
    signed_in: SignIn, lead_office: LeadOffice, office: Office
) -> None:
    browser = signed_in(IO)
    lead_office.leads()
    for path, fields in (
        ("notes", {"text": "x", "why": "y as the order says"}),
        ("open", {"why": "y as the order says"}),
        ("mark", {"why": "y as the order says"}),
    ):
        assert browser.post(f"/leads/notalead/{path}", **fields).status_code == 400
    with office.workspace.read() as tables:
        assert tables[rows.LeadNote].select() == [] and tables[rows.LeadMark].select() == []
        assert tables[rows.StoredJournalRow].select(verb="view:address") == []


def test_leads_are_made_anew_of_what_came_since(signed_in: SignIn, lead_office: LeadOffice, app: FastAPI) -> None:
    browser, path = signed_in(IO), "/leads/all/rebuild"
    assert "Nothing has changed" in browser.get(path).text
    lead_office.scan(lead_office.log("more.log", [Visit(9, "198.51.100.250")]), lead_office.flags())
    assert "1 new scan" in browser.get(path).text
    assert browser.post(path).headers["location"] == path
    app.state.jobs["leads"].join(60)
    page = browser.get(path).text
    assert "The leads are ready" in page and "Nothing has changed" in page
    assert "61 leads" in browser.get("/leads").text


def test_an_invalid_filter_value_is_reported(signed_in: SignIn) -> None:
    answer = signed_in(IO).get("/leads?place=Atlantis")
    assert answer.status_code == 400 and "no state" in answer.text


def test_a_saved_view_is_changed_by_whoever_saw_it_last(signed_in: SignIn, office: Office) -> None:
    browser = signed_in(IO)
    assert browser.post("/leads/views", name="Kerala", query="place=IN-KL", is_shared="true").status_code == 303
    with office.workspace.read() as tables:
        (view,) = tables[rows.SavedView].select()
    path, fields = f"/leads/views/{view.view_id}", {"name": "One line", "query": "ceiling=subscriber", "version": "1"}
    assert f'action="{path}"' in browser.get("/leads").text
    assert browser.post(path, **fields).status_code == 303
    assert browser.post(path, **fields, is_shared="true").status_code == 409, "it was seen in version 1, and is in 2"
    with office.workspace.read() as tables:
        (view,) = tables[rows.SavedView].select()
    assert (view.name, view.query, view.is_shared, view.version) == ("One line", "ceiling=subscriber", 0, 2)
