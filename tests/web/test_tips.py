"""Tips in the browser: a dry run that accounts for every row, the import, and each tip with its leads."""

from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI

from sightline.casework.forces.force_matches import record_matches
from sightline.model import AuthorityKind, ListUse, Party, Role, SourceKind, TipCode
from sightline.stages.tips.kind_detection import KINDS
from sightline.storage import rows
from sightline.translation.messages import load_catalogue
from tests.office import Office
from tests.web.conftest import Browser, SignIn

NARRATIVE = "the child said that the picture was sent at night"
ADDRESSES = ("203.0.113.9", "203.0.113.10")
ANALYST, IO, CUSTODIAN, AUDITOR = Role.ANALYST, Role.INVESTIGATING_OFFICER, Role.CUSTODIAN, Role.AUDITOR


def report(
    number: int,
    *addresses: str,
    party: str = "reportedPersons",
    at: str = "2026-06-05T12:00:00Z",
    port: int = 51234,
) -> bytes:
    """A CyberTipline report with a narrative that nothing may keep."""
    captures = [
        {"captureType": "IP Address", "value": address, "dateTime": at, "eventName": "UPLOAD", "port": port}
        for address in addresses
    ]
    person = {
        "screenName": {"value": f"invented_{number}"},
        "sourceInformation": {"sourceCaptures": captures},
    }
    inside = {"reportingEsp": {"espName": "Example Social"}, "reportedPeople": {party: [person]}}
    text = {"reportId": number, "reportedInformation": inside | {"additionalInformation": NARRATIVE}}
    return json.dumps(text).encode()


@pytest.fixture
def referral(office: Office) -> str:
    """A referral and its sender, as the form names them."""
    return add_referral(office)


def add_referral(office: Office) -> str:
    source = office.add_source(kind=SourceKind.TIP, name="NCMEC", use=ListUse.LEADS)
    authority = office.add_authority(kind=AuthorityKind.REFERRAL, number="GD-12", sources_json="null")
    return f"{authority.authority_id}:{source.source_id}"


def send(browser: Browser, path: str, under: str, *files: tuple[str, bytes], part: bool = False, **more: str) -> str:
    """Send files as the form does, and return the page."""
    answer = browser.client.post(
        path,
        data={"form_token": browser.token(), "under": under} | more,
        files=[("file", file) for file in files],
        headers={"HX-Request": "true"} if part else {},
        follow_redirects=False,
    )
    assert answer.status_code in {200, 204, 303, 400, 403}, answer.text
    return answer.text


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))


def stored(office: Office) -> tuple[int, int]:
    with office.workspace.read() as tables:
        return len(tables[rows.Exhibit].select()), len(tables[rows.Run].select())


def test_a_dry_run_accounts_for_every_row_and_stores_nothing(office: Office, signed_in: SignIn, referral: str) -> None:
    sheet = b"report,ip,time,port\n7,203.0.113.8,2026-06-05 12:00:00,50008\n7,300.1.1.1,2026-06-05 12:00:00,1\n"
    files = (
        ("one.json", report(1, *ADDRESSES)),
        ("victim.json", report(2, "203.0.113.11", party="childVictims")),
        ("sheet.csv", sheet),
        ("broken.xlsx", b"no workbook"),
        ("again.json", report(1, *ADDRESSES)),
        ("picture.jpg", b"\xff\xd8 never opened"),
    )
    before, browser = stored(office), signed_in(ANALYST)
    page = send(browser, "/tips/check", referral, *files, part=True, timezone="UTC")
    page_text = words(page)
    assert "<html" not in page
    for text in (
        "6 rows read",
        "3 connections",
        "broken.xlsx",
        "again.json has the same bytes as one.json",
        "1 file .jpg was not opened",
    ):
        assert text in page_text, (text, page_text)
    assert "unreadable address" in page_text and "row 3" in page_text
    assert stored(office) == before
    assert NARRATIVE not in page and str(office.workspace.folder) not in page
    assert not list((office.workspace.folder).rglob("*.jpg"))


def import_tips(app: FastAPI, browser: Browser, under: str, *files: tuple[str, bytes]) -> None:
    send(browser, "/tips/import", under, *files)
    app.state.jobs["tips"].join(120)
    assert app.state.jobs["tips"].failed is None


def test_an_import_makes_leads_and_each_tip_shows_its_own(
    office: Office, app: FastAPI, signed_in: SignIn, referral: str
) -> None:
    browser = signed_in(IO)
    import_tips(app, browser, referral, ("one.json", report(1, ADDRESSES[0])), ("two.json", report(2, ADDRESSES[1])))
    page = browser.get("/tips").text
    with office.workspace.read() as tables:
        exhibits = {
            holding.path.removeprefix("/upload/"): holding.exhibit_id for holding in tables[rows.Holding].select()
        }
    assert set(exhibits) == {"one.json", "two.json"}
    own = browser.get(f"/tips/{exhibits['one.json']}").text
    leads = re.findall(r'href="/leads/([0-9a-f]{32})"', own)
    assert len(set(leads)) == 1 and leads[0] in page
    assert ADDRESSES[0] not in own and NARRATIVE not in own and "CyberTipline report (JSON)" in own
    query = re.search(r'href="/leads\?(indicator=[^"]+)"', page.partition("<table")[2])
    assert query is None, "one lead needs no link to all"
    assert "Show 2 leads" in page, "what comes next is offered after an import"
    assert not list(office.workspace.folder.rglob("one.json"))


def test_a_newer_version_is_named_before_it_is_imported(app: FastAPI, signed_in: SignIn, referral: str) -> None:
    browser = signed_in(IO)
    import_tips(app, browser, referral, ("old.json", report(1, ADDRESSES[0])))
    text = words(send(browser, "/tips/check", referral, ("new.json", report(1, *ADDRESSES)), part=True))
    assert "Report 1 is newer" in text and "1 connection more, 0 connections fewer" in text
    again = words(send(browser, "/tips/check", referral, ("old.json", report(1, ADDRESSES[0])), part=True))
    assert "imported before" in again and "nothing to import" in again


def test_every_kind_and_every_reason_of_a_reject_has_a_word() -> None:
    catalogue = load_catalogue("en")
    kinds = {f"all.tip_kind.{one}" for one in (*KINDS, "transcription") if one != "auto"}
    keys = kinds | {f"all.reject.{tip_code}" for tip_code in TipCode} | {f"all.party.{party}" for party in Party}
    assert not keys - catalogue.keys()


def test_bad_uploads_are_refused_in_words(office: Office, signed_in: SignIn, referral: str) -> None:
    browser = signed_in(ANALYST)
    assert "None of these files is a tip" in send(browser, "/tips/check", referral, ("a.jpg", b"x"))
    assert "is not a year" in send(browser, "/tips/check", referral, ("a.json", report(1)), year="next")
    assert "cannot be named" in send(browser, "/tips/check", referral, ("a.csv", b"a,b\n"), columns="@/etc/hostname")
    other = f"{office.authority.authority_id}:{office.source.source_id}"
    assert "J-" in send(browser, "/tips/import", other, ("a.json", report(1, ADDRESSES[0])))


def test_an_officer_without_the_right_sees_the_tips_and_no_form(
    office: Office, app: FastAPI, signed_in: SignIn, referral: str
) -> None:
    import_tips(app, signed_in(IO), referral, ("one.json", report(1, ADDRESSES[0])))
    page = signed_in(AUDITOR).get("/tips")
    assert page.status_code in {200, 403}
    keeper = signed_in(CUSTODIAN).get("/tips").text
    assert "/tips/check" in keeper and "/leads/" not in keeper


def test_leads_that_share_an_address_are_a_group_on_its_page_and_on_each_leads(
    office: Office, app: FastAPI, signed_in: SignIn, referral: str
) -> None:
    browser = signed_in(IO)
    assert "No groups" in browser.get("/leads/groups").text
    files = [(f"{hour}.json", report(hour, ADDRESSES[0], at=f"2026-06-05T{hour}:00:00Z")) for hour in (12, 15)]
    import_tips(app, browser, referral, *files, ("alone.json", report(3, "203.0.113.77")))
    page = browser.get("/leads/groups")
    text, group = words(page.text), list(dict.fromkeys(re.findall(r'href="/leads/([0-9a-f]{32})"', page.text)))
    assert "1 group, 2 leads" in text, text[:900]
    assert "the same address within a day" in text and len(group) == 2
    assert not [address for address in ADDRESSES if address in page.text]
    for one, other in (group, group[::-1]):
        part = browser.client.get(f"/leads/{one}/group", headers={"HX-Request": "true"}).text
        assert f"/leads/{other}" in part and f'/leads/{one}"' not in part and "the same address within a day" in part
        assert f'hx-get="/leads/{one}/group"' in browser.get(f"/leads/{one}").text
    every = set(re.findall(r'href="/leads/([0-9a-f]{32})"', browser.get("/leads").text))
    (alone,) = every - set(group)
    assert "No other lead shares an account" in browser.get(f"/leads/{alone}/group").text
    assert "Other forces" not in browser.get(f"/leads/{alone}/group").text
    with office.workspace.change(office.io.signer, office.io.clock()) as change:
        record_matches(change, None, "2026-06", "accounts", {"0" * 32: [alone, group[1]]})
    for one in (alone, *group[1:]):
        assert "another force has the same account (2026-06)" in words(browser.get(f"/leads/{one}/group").text)
    assert "another force has the same account (2026-06)" in words(browser.get("/leads/groups").text)


def test_a_message_is_transcribed_and_its_sheet_is_imported_with_it(
    office: Office, app: FastAPI, signed_in: SignIn, referral: str
) -> None:
    browser, mail = signed_in(IO), b"From: a\n\n203.0.113.9:51234 on 2026-06-05 12:00:00 UTC\n"
    made = browser.client.post(
        "/tips/transcribe", data={"form_token": browser.token()}, files=[("message", ("mail.eml", mail))]
    )
    assert made.status_code == 200 and "mail.csv" in made.headers["content-disposition"]
    sheet = made.text.replace("\n,1,", "\nyes,1,").encode()

    def post(path: str, *originals: tuple[str, bytes]) -> str:
        files = [("file", ("mail.csv", sheet)), *(("original", original) for original in originals)]
        data = {"form_token": browser.token(), "under": referral}
        return browser.client.post(path, data=data, files=files, follow_redirects=False).text

    assert "imported with the message" in words(post("/tips/check"))
    assert "another file" in words(post("/tips/check", ("mail.eml", mail + b" ")))
    assert "1 connection" in words(post("/tips/check", ("mail.eml", mail)))
    post("/tips/import", ("mail.eml", mail))
    app.state.jobs["tips"].join(120)
    assert app.state.jobs["tips"].failed is None
    with office.workspace.read() as tables:
        assert {holding.path for holding in tables[rows.Holding].select()} == {"/upload/mail.csv", "/upload/mail.eml"}


def test_a_reported_danger_stays_in_the_red_band_of_home_until_an_officer_answers_it(
    app: FastAPI, signed_in: SignIn, referral: str
) -> None:
    summary = {"escalateToHighPriority": NARRATIVE, "reportAnnotations": ["sextortion"]}
    tip = json.loads(report(7, ADDRESSES[0])) | {"incidentSummary": summary}
    officer = signed_in(IO)
    files = ("7.json", json.dumps(tip).encode()), ("8.json", report(8, ADDRESSES[1]))
    page = send(officer, "/tips/check", referral, *files)
    assert "asks for high priority" in page and "sextortion" in page and NARRATIVE not in page
    import_tips(app, officer, referral, *files)
    home = officer.get("/").text
    assert "A report asks for high priority: 1 lead" in home and "Child in present danger" not in home
    listed = officer.get("/leads?reason=danger").text
    (lead_id,) = set(re.findall(r"/leads/([0-9a-f]{32})", listed))
    assert "Reported danger" in listed
    lead = officer.get(f"/leads/{lead_id}").text
    assert "No officer has confirmed or answered it yet" in lead and NARRATIVE not in lead
    for language, word in (("hi", "रिपोर्ट का उत्तर दें"), ("ml", "റിപ്പോർട്ടിന് മറുപടി നൽകുക")):
        officer.client.cookies.set("language", language)
        assert word in officer.get(f"/leads/{lead_id}").text
    officer.client.cookies.set("language", "en")
    officer.post(f"/leads/{lead_id}/mark", why="the child is safe, GD 14", is_lifted="true")
    assert "asks for high priority: 1 lead" not in officer.get("/").text
    assert lead_id not in officer.get("/leads?reason=danger").text
    assert lead_id in officer.get("/leads?reason=child").text
    answered = officer.get(f"/leads/{lead_id}").text
    assert "No officer has confirmed" not in answered and "its sender" in answered
