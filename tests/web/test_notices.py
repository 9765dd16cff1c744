"""Notices through real HTTP: from leads to a corroborated subscriber, by forms alone; and what nobody is shown."""

from __future__ import annotations

import json
import re
import threading
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from httpx2 import Response

from sightline.casework.notices import licensees
from sightline.evidence import verify_sightline as verifier
from sightline.ledger.entry import Entry
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import NoticeKind, NoticeState, Role
from sightline.services.notices.drafts import register_notices
from sightline.storage import rows
from sightline.translation.messages import load_catalogue
from sightline.web.pages.notices import drafts
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office
from tests.waits import HUNG_S, wait_until
from tests.web.conftest import Browser, SignIn

__all__ = ["lead_office"]

IO, SHO, SP = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER, Role.SUPERINTENDENT
ADDRESSES = ("198.51.100.130", "198.51.100.140")
CIRCUIT, HOME = "KL7001234", "House 12, Made-up Road"
EVIL = "<img src=x onerror=alert(1)>\u202e.csv"


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    """An office whose two leads are each one line's, by networks that do not share, a day apart."""
    visits = [Visit(at, address, port=40_000) for at, address in zip((0, 86_400), ADDRESSES, strict=True)]
    lead_office.scan(lead_office.log("http.log", visits), lead_office.flags())
    lead_office.rebuild()
    return lead_office.office


def where(answer: Response) -> str:
    assert answer.status_code == 303, unescape(re.sub(r"<[^>]+>|\s+", " ", answer.text))
    return str(answer.headers["location"]).partition("#")[0]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's draft."""
    return {name: value for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page) if value}


def approved(officer: Browser, notice: str) -> None:
    """Follow the notice's own link to its approval, which leads back to what is to be approved, and give it."""
    found = re.search(r'href="(/approvals/\w+)"', officer.get(notice).text)
    assert found
    asked = officer.get(found[1]).text
    assert f'href="{notice}"' in asked and "SHA-256 of the rows" in asked
    where(officer.post(found[1], why="compared as the order says", decision="give"))


def answer(officer: Browser, notice: str, text: str, name: str = "reply.csv", **more_fields: str) -> Response:
    files = {"file": (name, text.encode()), "certificate": ("certificate.pdf", b"signed " + name.encode())}
    made: Response = officer.client.post(
        f"{notice}/replies", data={"form_token": officer.token()} | more_fields, files=files, follow_redirects=False
    )
    return made


def entries(office: Office, verb: str) -> list[Entry]:
    with office.workspace.read() as tables:
        return [Entry.read(ledger_row.entry_json.encode()) for ledger_row in tables[rows.LedgerRow].select(verb=verb)]


def test_an_officer_says_what_a_doubtful_column_means(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, sho = signed_in(office[IO]), signed_in(office[SHO])
    today = format_day_in_india(to_microseconds(office.io.clock()))
    leads = {lead["source_ip"]: lead["lead_id"] for lead in lead_office.leads()}
    dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={leads[ADDRESSES[0]]}").text
    notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
    approved(sho, notice)
    where(io.post(f"{notice}/sent", how="by hand, receipt 41"))
    held = f"{CIRCUIT},{ADDRESSES[0]},40000,40999,2026-03-01 12:00:00,2026-03-01 20:00:00,sector A3"
    table = f"Circuit ID,Public IP,Port From,Port To,Start Time,End Time,Remarks\n{held}\n"
    reply = where(answer(io, notice, table, received=today, timezone="Asia/Kolkata", date_order="ymd"))
    page = io.get(reply).text
    assert f'action="{reply}/confirm"' in page and "Remarks" in page
    where(io.post("/notices/resolutions"))
    assert "pill subscriber" not in io.get("/notices/resolutions").text
    sign = re.search(r'name="sign" value="([^"]+)"', page)
    assert sign
    where(io.post(f"{reply}/confirm", sign=sign[1], why="the licensee says that remarks name the tower's sector"))
    assert "the tower" in io.get(reply).text and f'action="{reply}/confirm"' not in io.get(reply).text
    where(io.post("/notices/resolutions"))
    assert "pill subscriber" in io.get("/notices/resolutions").text
    assert len(entries(office, "reply:confirmed")) == 1


def test_an_officer_says_that_a_withdrawn_correction_is_no_answer(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, sho = signed_in(office[IO]), signed_in(office[SHO])
    today = format_day_in_india(to_microseconds(office.io.clock()))
    leads = {lead["source_ip"]: lead["lead_id"] for lead in lead_office.leads()}
    dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={leads[ADDRESSES[0]]}").text
    notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
    approved(sho, notice)
    where(io.post(f"{notice}/sent", how="by hand, receipt 41"))
    held = f"{ADDRESSES[0]},40000,40999,2026-03-01 12:00:00,2026-03-01 20:00:00"
    fields = {"received": today, "timezone": "Asia/Kolkata", "date_order": "ymd"}
    head = "Circuit ID,Public IP,Port From,Port To,Start Time,End Time"
    first = where(answer(io, notice, f"{head}\n{CIRCUIT},{held}\n", **fields))
    corrects = first.rpartition("/")[2]
    second = where(answer(io, notice, f"{head}\nKL7009999,{held}\n", "second.csv", **fields, corrects=corrects))
    assert "It is no answer to this notice" not in io.get(second).text
    where(io.post(f"{second}/withdraw", why="filed under the wrong notice"))
    assert "Its correction was withdrawn" in io.get(first).text and second in io.get(first).text
    assert "Its correction was withdrawn" in io.get(notice).text
    assert "pill good" not in io.get(first).text
    assert "It is no answer to this notice" in io.get(second).text
    where(io.post(f"{second}/confirm", sign="misfiled", why="the letter is of another station"))
    assert "Declared to be no answer" in io.get(second).text
    assert "It is no answer to this notice" not in io.get(second).text
    assert "Its correction was withdrawn" not in io.get(first).text and "pill good" in io.get(first).text


def test_a_bundle_of_one_line_is_asked_for_and_saved_on_the_page_of_its_lead(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, sho = (signed_in(office[role]) for role in (IO, SHO))
    today = format_day_in_india(to_microseconds(office.io.clock()))
    lead = {one["source_ip"]: one["lead_id"] for one in lead_office.leads()}[ADDRESSES[0]]
    assert 'id="bundle"' not in io.get(f"/leads/{lead}").text
    dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={lead}").text
    notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
    approved(sho, notice)
    where(io.post(f"{notice}/sent", how="by hand, receipt 41"))
    row = f"{CIRCUIT},{ADDRESSES[0]},40000,40999,2026-03-01 12:00:00,2026-03-01 20:00:00"
    table = f"Circuit ID,Public IP,Port From,Port To,Start Time,End Time\n{row}\n"
    where(answer(io, notice, table, received=today, timezone="Asia/Kolkata", date_order="ymd"))
    where(io.post("/notices/resolutions"))

    page = io.get(f"/leads/{lead}").text
    form = page.partition('id="bundle"')[2].partition("</details>")[0]
    line, exhibit = re.findall(r'<option value="(\w+)"', form)
    fields = {"line": line, "exhibit": exhibit, "why": "for the defence as the court ordered"}
    asked = io.post(f"/leads/{lead}/bundle", **fields)
    assert asked.status_code == 403 and "takes two officers" in asked.text
    (waiting,) = set(re.findall(r'href="(/approvals/\w+)"', sho.get("/approvals").text))
    question = sho.get(waiting).text
    assert line in question and "SHA-256 of which records they are" in question
    where(sho.post(waiting, why="compared as the order says", decision="give"))
    saved = io.post(f"/leads/{lead}/bundle", **fields)
    assert saved.status_code == 200, saved.text
    with ZipFile(BytesIO(saved.content)) as packed:
        assert json.loads(packed.read("line.json"))["line"] == line
    assert any("1 records are of one line" in each for each in verifier.Bundle(saved.content).verify())
    assert not list(office.workspace.folder.glob("bundle-*"))
    for wrong in ({"line": "f" * 32}, {"exhibit": "f" * 64}):
        assert io.post(f"/leads/{lead}/bundle", **(fields | wrong)).status_code in {400, 404}
    assert len(entries(office, "bundle:made")) == 1
    analyst = signed_in(office[Role.ANALYST])
    assert analyst.post(f"/leads/{lead}/bundle", **fields).status_code == 403
    # Why a verdict is what it is stands there in the language of the page.
    io.client.cookies.set("language", "hi")
    found = _resolution(io.get(f"/leads/{lead}").text)
    for place in (f"/leads/{lead}", found, "/notices/resolutions", f"/notices/subscribers/{line}"):
        text = io.get(place).text
        assert load_catalogue("hi")["all.verdict_why.covered"][0] in text, place
        assert load_catalogue("en")["all.verdict_why.covered"][0] not in text, place


def _identities(office: Office) -> list[str]:
    with office.workspace.read() as tables:
        stored_journal_rows = tables[rows.StoredJournalRow].select(
            verb="view:identity", actor=office.io.officer.officer_id
        )
    return [row.thing for row in stored_journal_rows]


def _first_sending_opens_nothing_and_all_else_does(
    office: Office, follow: str, io: Browser, supervisor: Browser
) -> None:
    assert supervisor.post(f"{follow}/rows.csv", why="read before it is sent").status_code == 403
    assert supervisor.post(f"{follow}/letter.pdf", why="read before it is sent").status_code == 403
    assert CIRCUIT in io.post(f"{follow}/rows.csv", why="the order is sent").text
    assert io.post(f"{follow}/letter.pdf", why="the order is sent").content.startswith(b"%PDF")
    assert _identities(office) == []
    assert CIRCUIT in io.post(f"{follow}/rows.csv", why="it was lost in the post").text
    assert len(_identities(office)) == 1, "taken again, each number is an identity that was opened"


def test_from_leads_to_a_corroborated_subscriber_by_forms_alone(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, sho, sp = (signed_in(office[role]) for role in (IO, SHO, SP))
    today = format_day_in_india(to_microseconds(office.io.clock()))
    leads = {lead["source_ip"]: lead["lead_id"] for lead in lead_office.leads()}
    asked = []
    for number, address in enumerate(ADDRESSES, 1):
        dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={leads[address]}").text
        assert "Beta Broadband" in dry and "one row" in dry and address not in dry
        notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
        assert "No owner" not in io.get(f"/leads/{leads[address]}").text, "who drafts works on the lead"
        approved(sho, notice)
        page = io.get(notice).text
        assert page.index("Download the letter") < page.index(f"{notice}/letter.pdf") < page.index(f"{notice}/sent")
        where(io.post(f"{notice}/sent", how="by hand, receipt 41"))
        day = f"2026-03-0{number}"
        table = (
            "Circuit ID,Public IP,Port From,Port To,Start Time,End Time\n"
            f"{CIRCUIT},{address},40000,40999,{day} 12:00:00,{day} 20:00:00\n"
        )
        table += f"KL7009999,203.0.113.9,40000,40999,{day} 12:00:00,{day} 20:00:00\n"
        fields = {"received": today, "timezone": "Asia/Kolkata", "date_order": "ymd"}
        page = io.get(where(answer(io, notice, table, EVIL if number == 1 else "second.csv", **fields))).text
        assert "Not asked for" in page and CIRCUIT not in page and address not in page
        assert "<img" not in page and "\u202e" not in page
        asked.append(notice)
    assert "Resolve now" in io.get("/notices/resolutions").text
    where(io.post("/notices/resolutions"))
    follow = _ask_who_it_is(io, leads[ADDRESSES[0]], asked[0])
    assert CIRCUIT not in io.get(follow).text
    assert signed_in(office[Role.ANALYST]).post(f"{follow}/open", why="compared with the log").status_code == 403
    approved(sp, follow)
    _first_sending_opens_nothing_and_all_else_does(office, follow, io, signed_in(office[Role.SUPERVISOR]))
    where(io.post(f"{follow}/sent", how="by hand"))
    form = (
        f'Circuit ID,Name,Installation Address,Activated On\n{CIRCUIT},A. Nobody,"{HOME}",2019-04-01T00:00:00+05:30\n'
    )
    where(answer(io, follow, form, received=today))
    where(io.post("/notices/resolutions"))
    found = io.get("/notices/subscribers").text
    whose = re.search(r'href="(/notices/subscribers/\w+)"', found)
    assert whose and "pill corroborated" in found and CIRCUIT not in found
    _names_the_replies_it_rests_on(io.get(whose[1]).text)
    opened = where(io.post(f"{whose[1]}/open", why="a warrant is asked for"))
    for _ in range(3):
        assert CIRCUIT in io.get(opened).text and HOME in io.get(opened).text
    assert where(io.post("/look", language="hi", back=opened)) == opened
    assert CIRCUIT in io.get(opened).text, "another language shows it still"
    where(io.post("/look", language="en", back=opened))
    assert where(signed_in(office[IO]).get(opened)) == whose[1], "another session did not open it"
    assert _identities(office) == ["subscriber:" + whose[1].rpartition("/")[2]] * 2
    assert entries(office, "sessions:resolved")[-1].actor == office.io.officer.officer_id
    outcome = {"lead": leads[ADDRESSES[0]], "case": office.case.case_id, "kind": "innocent", "on": today}
    where(io.post(f"{whose[1]}/outcome", **outcome, why="an order of the court"))
    where(io.post(f"{whose[1]}/purge", why="innocent as the order says"))
    assert "waiting for a second officer" in io.get(whose[1]).text
    office.approve()
    where(io.post(f"{whose[1]}/purge", why="innocent as the order says"))
    assert "cannot be read any more" in io.get(whose[1]).text


def _ask_who_it_is(io: Browser, lead_id: str, notice: str) -> str:
    """Follow the next step that the page of the answered lead offers; return the path of the notice that it drafts."""
    assert f'href="{notice}#follow-why">Ask who' in io.get(f"/leads/{lead_id}").text
    return where(io.post(f"{notice}/follow", why="who it is"))


def _names_the_replies_it_rests_on(page: str) -> None:
    assert HOME not in page
    assert len(set(re.findall(r'href="(/notices/\w+/replies/\w+)"', page))) == 3
    assert "with a certificate" in page and "without a certificate" not in page


def test_a_notice_is_drafted_only_as_previewed_and_by_a_permitted_officer(signed_in: SignIn, office: Office) -> None:
    io, analyst = signed_in(office[IO]), signed_in(office[Role.ANALYST])
    address = f"/notices/new?case={office.case.case_id}&kind=preservation"
    assert analyst.get(address).status_code == 403
    fields = hidden(io.get(address).text)
    refused = io.post("/notices/new", **fields | {"rows": "1"}, why="FIR 12/2026")
    assert refused.status_code == 400 and "has changed since you saw it" in refused.text
    assert analyst.post("/notices/new", **fields, why="FIR 12/2026").status_code == 403
    notice = where(io.post("/notices/new", **fields, why="FIR 12/2026"))
    with office.workspace.read() as tables:
        (made,) = tables[rows.Notice].select()
    assert (made.kind, made.state, made.asks) == (NoticeKind.PRESERVATION, NoticeState.DRAFT, 2)
    page = io.get(notice).text
    assert not any(one in page for one in ADDRESSES)
    assert ADDRESSES[0] in io.get(where(io.post(f"{notice}/open", why="compared with the log"))).text
    for paper in ("letter.pdf", "rows.csv"):
        # What leaves is a form with a reason: its address alone leads to the page.
        assert where(io.get(f"{notice}/{paper}")) == notice
        assert io.post(f"{notice}/{paper}", why="x").status_code == 400
        assert analyst.post(f"{notice}/{paper}", why="read before it is signed").status_code == 403
    pdf = io.post(f"{notice}/letter.pdf", why="read before it is signed", language="ml")
    csv = io.post(f"{notice}/rows.csv", why="read before it is signed")
    assert pdf.content.startswith(b"%PDF") and ADDRESSES[0] in csv.text
    with office.workspace.read() as tables:
        assert len(tables[rows.StoredJournalRow].select(verb="export:notice")) == 2
    assert analyst.post(f"{notice}/sent", how="by hand").status_code == 403


def test_a_long_draft_shows_its_progress_and_leads_to_its_notice(
    signed_in: SignIn, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slow_register(*given: Any) -> list[rows.Notice]:
        given[-1](1, 3)
        assert may_end.wait(HUNG_S)
        return register_notices(*given)

    monkeypatch.setattr(drafts, "register_notices", slow_register)
    monkeypatch.setattr(drafts, "SOON_S", 0)
    io = signed_in(office[IO])
    fields = hidden(io.get(f"/notices/new?case={office.case.case_id}&kind=preservation").text)
    assert where(io.post("/notices/new", **fields, why="FIR 12/2026")) == "/notices/drafting"
    wait_until(lambda: '<progress max="3" value="1"' in io.get("/notices/drafting").text, "the progress")
    twice = io.post("/notices/new", **fields, why="FIR 12/2026")
    assert twice.status_code == 400 and "running already" in twice.text
    may_end.set()
    wait_until(lambda: io.get("/notices/drafting").status_code == 303, "the end of the draft")
    with office.workspace.read() as tables:
        (made,) = tables[rows.Notice].select()
    assert where(io.get("/notices/drafting")) == f"/notices/{made.notice_id}"


def test_hostile_text_from_licensees_harms_no_page(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\u202e"
    licensees.set_licensee(office.io, licensees.LicenseeForm(evil, evil))
    io = signed_in(office[IO])
    for path in ("/notices", "/notices/licensees", f"/notices/licensees?name={evil}", "/notices/new"):
        page = io.get(path).text
        assert "<script>alert" not in page and "\u202e" not in page
    where(io.post("/notices/licensees", name="Beta Broadband", address="7 Example Road", nat_logs="destinations"))
    assert entries(office, "licensee:said")[-1].actor == office.io.officer.officer_id
    (tmp_path / "own.toml").write_text("name = 'own'")
    fields = hidden(io.get(f"/notices/new?case={office.case.case_id}&kind=records").text)
    notice = where(io.post("/notices/new", **fields, why="FIR 12/2026"))
    unsent = answer(io, notice, "IP,Start\n", received="2026-06-05")
    assert unsent.status_code == 400 and "it cannot have an answer yet" in unsent.text
    approved(signed_in(office[SHO]), notice)
    where(io.post(f"{notice}/sent", how="by hand"))
    of_server = answer(io, notice, "IP,Start\n", received="2026-06-05", layout=str(tmp_path / "own.toml"))
    assert of_server.status_code == 400 and "There is no layout" in of_server.text


HEAD, ROW = "Circuit ID,Public IP,Start Time,End Time", "KL1,{},2026-03-01 12:00:00,2026-03-01 20:00:00"


UNREADABLE = (
    (f"{HEAD},Other Port\n{ROW},1\n", "Asia/Kolkata", "it is not known what these columns are: &#39;Other Port&#39;"),
    (f"{HEAD}\n{ROW}\n", "", "Its times need a zone"),
    ("no table\n", "Asia/Kolkata", "headings"),
    (f"{HEAD}\n", "Asia/Kolkata", "has headings and no row"),
    (f"{HEAD}\n,,,\n", "Asia/Kolkata", "has headings and no row"),
)
"""Tables, the zone that is declared, and the words of their refusal."""


def test_a_reply_that_cannot_be_read_leaves_all_that_was_typed_in_its_form(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, lead = signed_in(office[IO]), lead_office.leads()[0]["lead_id"]
    dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={lead}").text
    notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
    approved(signed_in(office[SHO]), notice)
    where(io.post(f"{notice}/sent", how="by hand"))
    fields = {"received": format_day_in_india(to_microseconds(office.io.clock())), "year": "2026", "is_partial": "true"}
    for number, (table, zone, words) in enumerate(UNREADABLE):
        wrong = answer(io, notice, table.format(ADDRESSES[0]), timezone=zone, **fields)
        alert = re.search(r'role="alert">\s*<p>([^<]+)<', wrong.text)
        assert wrong.status_code == 400 and alert and words in alert[1]
        assert 'name="year" type="text" value="2026"' in wrong.text
        assert 'name="is_partial" value="true" checked' in wrong.text
        with office.workspace.read() as tables:
            *earlier, refused = tables[rows.StoredJournalRow].select(verb="refused:file")
            assert [notice.state for notice in tables[rows.Notice].select()] == [NoticeState.SENT]
            assert tables[rows.Reply].select() == []
        assert len(earlier) == number
        assert refused.thing == f"notice:{notice.rpartition('/')[2]}" and f"J-{refused.seq}" in wrong.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"keep_days": "-1"}, "-1 days of keeping"), ({"timezone": "A" * 300}, "Time zone: &#39;AAAA")],
)
def test_an_error_of_a_form_names_no_command_line_option(
    signed_in: SignIn, office: Office, wrong: dict[str, str], words: str
) -> None:
    fields = {"name": "Beta Broadband", "address": "7 Example Road", "nat_logs": "destinations"}
    answer = signed_in(office[IO]).post("/notices/licensees", **fields | wrong)
    assert answer.status_code == 400 and words in answer.text and not re.search("--[a-z]", answer.text)


def test_an_operator_is_asked_from_the_page_of_the_notice_and_the_chain_appears(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, sho = (signed_in(office[role]) for role in (IO, SHO))
    today = format_day_in_india(to_microseconds(office.io.clock()))
    lead = {one["source_ip"]: one["lead_id"] for one in lead_office.leads()}[ADDRESSES[0]]
    dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={lead}").text
    notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
    approved(sho, notice)
    where(io.post(f"{notice}/sent", how="by hand"))
    fields = {"received": today, "timezone": "Asia/Kolkata", "date_order": "ymd"}
    row = f"{{}},{ADDRESSES[0]},40000,40999,2026-03-01 12:00:00,2026-03-01 20:00:00\n"
    head = "Circuit ID,Customer Type,Public IP,Port From,Port To,Start Time,End Time\n"
    where(answer(io, notice, head + row.format(f"{CIRCUIT},Reseller"), **fields))
    where(io.post("/notices/resolutions"))
    page = io.get(notice).text
    assert f'action="{notice}/ask-operator"' in page and f'action="{notice}/follow"' not in page
    licensees.set_licensee(office.io, licensees.LicenseeForm("Gamma Hotels", "Manager, Gamma Hotels"))
    assert ">Gamma Hotels</option>" in io.get(notice).text
    second = where(io.post(f"{notice}/ask-operator", operator="Gamma Hotels", why="its ISP names its line"))
    assert f'href="{notice}"' in io.get(second).text and "Gamma Hotels" in io.get(second).text
    assert (
        where(io.post(f"{notice}/ask-operator", operator="Gamma Hotels", why="once more as the order says")) == notice
    )
    approved(sho, second)
    where(io.post(f"{second}/sent", how="by hand"))
    head = "Circuit ID,Public IP,Port From,Port To,Start Time,End Time\n"
    where(answer(io, second, head + row.format("GH-12"), "gamma.csv", **fields))
    where(io.post("/notices/resolutions"))
    for where_shown in (f"/leads/{lead}", _resolution(io.get(f"/leads/{lead}").text)):
        text = io.get(where_shown).text
        assert "behind an operator" in text and "Beta Broadband" in text and "pill" in text


def _resolution(page: str) -> str:
    found = re.search(r'href="(/notices/resolutions/\w+)"', page)
    assert found
    return found[1]
