"""Cases, Exhibits, Lists and Ledger: what they show of a real record, what they change in it, and whom they refuse."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from httpx2 import Response

from sightline.casework.cases import cases
from sightline.casework.oversight import witnesses
from sightline.ledger import witness
from sightline.ledger.instants import to_microseconds
from sightline.model import Role
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.stages.lists import signature
from sightline.storage import rows
from sightline.workspace import keys
from tests.office import Office, combined_log, now, signed_list
from tests.waits import wait_until
from tests.web.conftest import Browser, SignIn

HOSTILE = "<script>alert(1)</script>\u202egnp.exe"


def entries(office: Office, verb: str) -> list[rows.LedgerRow]:
    with office.workspace.read() as tables:
        return tables[rows.LedgerRow].select(verb=verb)


def refusals(office: Office) -> list[rows.StoredJournalRow]:
    with office.workspace.read() as tables:
        return tables[rows.StoredJournalRow].select(verb="refused:right")


def scanned(office: Office, folder: Path, name: str = "access.log") -> str:
    """The SHA-256 of a log that was scanned in the office."""
    log = folder / name
    log.write_text(combined_log(60), encoding="utf-8")
    flags = signed_list(folder, "kind,value\nhost,board.example\nhost,not a host\n")
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number, (flags,)), lambda *_: None)
    with office.workspace.read() as tables:
        return tables[rows.Exhibit].select()[0].exhibit_id


def send_file(browser: Browser, path: str, file: tuple[str, str, bytes], **fields: str) -> Response:
    field, name, content = file
    form = {"form_token": browser.token()} | fields
    answer: Response = browser.client.post(path, data=form, files={field: (name, content)}, follow_redirects=False)
    return answer


def test_a_case_is_opened_and_gets_its_authority_and_a_source(signed_in: SignIn, office: Office) -> None:
    browser = signed_in(Role.INVESTIGATING_OFFICER)
    fields = {"number": "FIR 7/2026", "station": HOSTILE, "sections": "67B IT Act", "io": "S. Rao", "begun_on": "soon"}
    again = browser.post("/cases/new", **fields)
    assert again.status_code == 422 and "FIR 7/2026" in again.text and "is not a date" in again.text
    opened = browser.post("/cases/new", **fields | {"begun_on": "2026-03-05"})
    assert opened.status_code == 303
    where = opened.headers["location"]
    named = browser.post("/cases/sources", kind="proxy", use="leads", name="gateway", timezone="Asia/Kolkata")
    assert named.status_code == 303
    paper = ("document", "order.pdf", b"%PDF-1.7 an order")
    form = {"kind": "production", "number": "s.94/9", "issued_by": "CJM", "issued_on": "2026-03-06"}
    added = send_file(browser, f"{where}/authorities", paper, **form, until="2099-12-31", categories="csam")
    assert added.status_code == 303, added.text
    page = browser.get(where).text
    assert "s.94/9" in page and "31 Dec 2099" in page and "csam" in page
    assert "<script>alert" not in page and "\u202e" not in page and "&lt;script&gt;" in page
    with office.workspace.read() as tables:
        held = tables[rows.Authority].select(number="s.94/9")[0]
        assert held.added_by == office.io.officer.officer_id
        assert tables[rows.Source].select(name="gateway")[0].timezone == "Asia/Kolkata"
    ended = browser.post(f"{where}/authorities/{held.authority_id}/end", why="recalled by the court")
    assert ended.status_code == 303 and "recalled by the court" in browser.get(where).text
    assert entries(office, "authority:ended")[0].actor == office.io.officer.officer_id


def test_an_authority_for_a_live_feed_is_asked_for_and_another_officer_reads_what_it_covers(
    signed_in: SignIn, office: Office
) -> None:
    browser, where = signed_in(Role.INVESTIGATING_OFFICER), f"/cases/{office.case.case_id}"
    browser.post("/cases/sources", kind="live-feed", use="leads", name="feed nine")
    with office.workspace.read() as tables:
        feed = tables[rows.Source].select(name="feed nine")[0]
    paper = ("document", "order.pdf", b"%PDF-1.7 a direction")
    day = f"{now():%Y-%m-%d}"
    form = {"kind": "live-feed", "number": "s.69B/9", "issued_by": "Secretary", "issued_on": day, "until": day}
    refused = send_file(browser, f"{where}/authorities", paper, **form)
    assert refused.status_code == 422 and "names the feeds" in refused.text
    asked = send_file(browser, f"{where}/authorities", paper, **form, source=feed.source_id)
    assert asked.status_code == 303, asked.text
    with office.workspace.read() as tables:
        (approval,) = tables[rows.Approval].select(action="authority:live-feed")
        assert not tables[rows.Authority].select(number="s.69B/9")
    second = signed_in(Role.SUPERVISOR)
    page = second.get(f"/approvals/{approval.approval_id}").text
    assert "feed nine" in page and "s.69B/9" in page and "only hits are kept" in page and "In force until" in page
    assert second.post(f"/approvals/{approval.approval_id}", why="read the order", decision="give").status_code == 303
    assert "s.69B/9" in browser.get(where).text


def test_an_officer_without_permission_cannot_open_a_case_and_the_journal_records_it(
    signed_in: SignIn, office: Office
) -> None:
    browser = signed_in(Role.ANALYST)
    assert browser.get("/cases/new").status_code == 403
    refused = browser.post("/cases/new", number="x", station="x", sections="x", io="x", begun_on="2026-03-05")
    assert refused.status_code == 403 and "J-" in refused.text
    assert "/cases/new" not in browser.get("/cases").text
    assert {refusal.actor for refusal in refusals(office)} == {office[Role.ANALYST].officer.officer_id}


def test_in_the_journal_only_a_refusal_reads_as_one(signed_in: SignIn, office: Office) -> None:
    analyst = signed_in(Role.ANALYST)
    assert analyst.get(f"/cases/{office.case.case_id}").status_code == 200
    assert analyst.get("/cases/new").status_code == 403
    page = signed_in(Role.AUDITOR).get("/ledger/journal").text
    entries = re.findall(r'<tr id="J-[0-9]+">.*?</tr>', page, re.DOTALL)
    views = [row for row in entries if "viewed a case" in row]
    others = [row for row in entries if "refused: wrong role" in row]
    assert views and not any("pill stop" in row or "refus" in row for row in views)
    assert others and all("pill stop" in row for row in others)


def test_an_exhibit_shows_a_table_that_adds_up(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    exhibit_id = scanned(office, tmp_path)
    browser = signed_in(Role.CUSTODIAN)
    assert exhibit_id in browser.get("/exhibits?q=access").text and exhibit_id not in browser.get("/exhibits?q=zz").text
    page = browser.get(f"/exhibits/{exhibit_id}").text
    assert "The total is right: 60 log lines" in page and 'data-value="20"' in page and 'data-value="40"' in page
    assert "board.example" not in page and "198.51.100" not in page
    assert exhibit_id in browser.get(f"/cases/{office.case.case_id}").text


def test_custody_hold_and_certificate(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    exhibit_id = scanned(office, tmp_path)
    browser = signed_in(Role.INVESTIGATING_OFFICER)
    step = {
        "event": "received",
        "person": HOSTILE,
        "how": "sealed",
        "place": "Demo PS",
        "why": "order 7 as the order says",
    }
    assert browser.post(f"/exhibits/{exhibit_id}/custody", **step, at="2026-03-02T11:00").status_code == 303
    page = browser.get(f"/exhibits/{exhibit_id}").text
    assert "2 Mar 2026, 11:00:00 IST" in page and "<script>alert" not in page
    assert browser.post(f"/exhibits/{exhibit_id}/custody", **step, at="2099-03-02T11:00").status_code == 400
    assert browser.post(f"/exhibits/{exhibit_id}/hold", why="appeal pending as the order says").status_code == 303
    assert "appeal pending" in browser.get(f"/exhibits/{exhibit_id}").text
    assert "/lift" not in browser.get(f"/exhibits/{exhibit_id}").text
    made = browser.post(f"/exhibits/{exhibit_id}/certificate", language="hi", number="P-3")
    with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
        assert [one.rpartition("-")[2] for one in packed.namelist()] == ["hi.pdf", "report.pdf"]
        assert all(packed.read(one).startswith(b"%PDF") for one in packed.namelist())
    entry = entries(office, "certificate:made")[0]
    assert entry.actor == office.io.officer.officer_id and f"/ledger/{entry.seq}" in page_of(browser, exhibit_id)


def page_of(browser: Browser, exhibit_id: str) -> str:
    return browser.get(f"/exhibits/{exhibit_id}").text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_exhibits_and_cases_are_not_for_every_role(signed_in: SignIn, role: Role) -> None:
    browser = signed_in(role)
    assert browser.get("/exhibits").status_code == 403 and browser.get("/cases").status_code == 403
    assert browser.get("/ledger").status_code == 200 and browser.get("/lists").status_code == 200


def wait_until_done(browser: Browser, where: str) -> str:
    """The page of a verification once it has ended."""
    wait_until(lambda: "hx-trigger" not in browser.get(where).text, "the verification ends")
    return browser.get(where).text


def test_an_altered_exhibit_is_found_from_the_page(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    exhibit_id = scanned(office, tmp_path)
    browser = signed_in(Role.CUSTODIAN)
    begun = browser.post("/ledger/verify", rows="true")
    assert "Everything is as recorded" in wait_until_done(browser, begun.headers["location"])
    other = signed_in(Role.AUDITOR)
    assert other.get(begun.headers["location"]).status_code == 400
    with (tmp_path / "access.log").open("r+b") as log:
        log.write(b"9")
    begun = browser.post(f"/exhibits/{exhibit_id}/verify")
    found = wait_until_done(browser, begun.headers["location"])
    assert "1 thing is not as recorded" in found and exhibit_id in found


def test_an_issuer_is_asked_for_by_its_key_and_revoked(signed_in: SignIn, office: Office) -> None:
    browser, other = signed_in(Role.INVESTIGATING_OFFICER), signature.create_key("OTHER").derive_public()
    asked = send_file(browser, "/lists/issuers", ("key", "OTHER.pub", other.to_text().encode()), why="letter 12/2026")
    assert asked.status_code == 200 and other.key_id in asked.text
    wrong = send_file(browser, "/lists/issuers", ("key", "x.pub", b"\xff no key"), why="letter as the order says")
    assert wrong.status_code == 400
    assert "OTHER" not in browser.get("/lists").text
    where = asked.text.partition('href="/approvals/')[2].partition('"')[0]
    given = signed_in(Role.SUPERVISOR).post(f"/approvals/{where}", decision="give", why="compared by telephone")
    assert given.status_code == 303
    assert other.key_id in browser.get("/lists").text
    assert browser.post(f"/lists/issuers/{other.key_id}/revoke", why="it leaked as the order says").status_code == 303
    assert "it leaked" in browser.get("/lists").text
    assert entries(office, "issuer:revoked")[0].actor == office.io.officer.officer_id
    refused = signed_in(Role.ANALYST)
    assert send_file(refused, "/lists/issuers", ("key", "OTHER.pub", b""), why="x as the order says").status_code == 403


def test_two_versions_are_compared_without_a_name(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    scanned(office, tmp_path)
    log = tmp_path / "later.log"
    log.write_text(combined_log(30, start=100), encoding="utf-8")
    newer = signed_list(tmp_path, "kind,value\nhost,board.example\ndomain,attic.example\n", version="2")
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number, (newer,)), lambda *_: None)
    with office.workspace.read() as tables:
        old, new = sorted(tables[rows.FlagListRow].select(), key=lambda one: one.version or "")
    browser = signed_in(Role.SUPERVISOR)
    page = browser.get(f"/lists/{new.list_id}").text
    assert f"/lists/{new.list_id}/difference?since={old.list_id}" in page
    page = browser.get(f"/lists/{new.list_id}/difference?since={old.list_id}").text
    assert page.count('class="pill good">added') == 1 and "attic" not in page and "board.example" not in page
    page = browser.get(f"/lists/{old.list_id}/rejects").text
    assert "line 3" in page and "not a host" not in page


def test_the_ledger_is_narrowed_and_paged_and_an_entry_proved(signed_in: SignIn, office: Office) -> None:
    browser = signed_in(Role.AUDITOR)
    page = browser.get("/ledger?verb=case:opened").text
    (entry,) = entries(office, "case:opened")
    assert f'href="/ledger/{entry.seq}"' in page and f'href="/ledger/{entry.seq + 1}"' not in page
    assert "/cases/" not in page.partition("<table")[2], "an auditor sees no case, and gets no link to one"
    day = now().astimezone().date()
    assert "No entries match" in browser.get(f"/ledger?verb=case:opened&until={day.replace(year=2020)}").text
    assert f"/ledger/{entry.seq}" in browser.get(f"/ledger?verb=case:opened&since={day.replace(year=2020)}").text
    assert "Proved just now" in browser.get(f"/ledger/{entry.seq}").text
    proof = json.loads(browser.get(f"/ledger/{entry.seq}/proof.json").text)
    assert proof["entry"]["seq"] == entry.seq and proof["checkpoint"].startswith(office.workspace.origin)
    assert browser.get("/ledger/999999").status_code == 400 and browser.get("/ledger/x").status_code == 400


def test_a_future_time_or_invalid_value_is_refused_in_page_words(
    signed_in: SignIn, office: Office, tmp_path: Path
) -> None:
    step = {"event": "copied", "person": "S. Rao", "how": "by hand", "place": "Kochi", "why": "copied for the FSL"}
    path = f"/exhibits/{scanned(office, tmp_path)}/custody"
    later = signed_in(Role.CUSTODIAN).post(path, **step, at="2999-01-01T10:00")
    assert later.status_code == 400 and "The time of the step is in the future" in later.text
    size = signed_in(Role.AUDITOR).post("/ledger/checkpoints/out", since="999999")
    # A form's token may have two dashes too.
    page_text = re.sub(r'value="[^"]*"', "", later.text + size.text)
    assert size.status_code == 400 and not re.search("--[a-z]", page_text)
    zone = signed_in(Role.INVESTIGATING_OFFICER).post(
        "/cases/sources", kind="proxy", use="leads", name="gateway", timezone="A" * 300
    )
    assert 400 <= zone.status_code < 500 and "is no time zone" in zone.text and "--timezone" not in zone.text


def test_pages_of_the_ledger_follow_each_other(signed_in: SignIn, office: Office) -> None:
    for number in range(60):
        office.add_source(name=f"source {number}")
    browser = signed_in(Role.AUDITOR)
    first = browser.get("/ledger?verb=source:added").text
    older = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(older).text
    seqs = [entry.seq for entry in entries(office, "source:added")]
    on = [[seq for seq in seqs if f'class="row" href="/ledger/{seq}"' in page] for page in (first, second)]
    assert len(on[0]) == 50 and sorted(on[0] + on[1]) == seqs and 'rel="next"' not in second


def test_a_row_of_the_ledger_leads_to_one_thing_or_nowhere(signed_in: SignIn, office: Office) -> None:
    assert signed_in(Role.INVESTIGATING_OFFICER).get("/notices/new").status_code == 200
    browser = signed_in(Role.SUPERVISOR)
    pages = [browser.get(path).text for path in ("/ledger", "/ledger/journal", "/ledger/journal?verb=refused:")]
    assert f"/cases/{office.case.case_id}" in "".join(pages) and "notice:draft" in "".join(pages)
    for path in set(re.findall(r'href="(/(?:cases|exhibits|lists|notices|leads|approvals)/[^"]+)"', "".join(pages))):
        assert browser.get(path).status_code == 200, path


def test_refusals_stand_with_their_reasons(signed_in: SignIn, office: Office) -> None:
    assert signed_in(Role.ADMINISTRATOR).get("/cases").status_code == 403
    page = signed_in(Role.AUDITOR).get("/ledger/journal?verb=refused:").text
    assert "runs the system and sees no case in it" in page and "see cases is for" in page
    hidden = signed_in(Role.ADMINISTRATOR).get("/ledger/journal?verb=refused:").text
    assert "A. Administrator" in hidden and "see cases is for" not in hidden


def test_a_countersigned_checkpoint_is_taken(signed_in: SignIn, office: Office) -> None:
    private = keys.make_signing_key()
    key = witnesses.parse_witness_key("court.example", private.public_key().public_bytes_raw())
    witnesses.enrol(office.supervisor, key, "order of the court")
    browser = signed_in(Role.AUDITOR)
    note = browser.post("/ledger/checkpoints/out").content
    read, _ = witness.parse_checkpoint(note, "note")
    signed = witness.add_countersignature(read, key.name, private, now()).encode()
    assert "only this machine vouches" in browser.get("/ledger/checkpoints").text
    taken = send_file(browser, "/ledger/checkpoints/take", ("note", "signed.note", signed))
    assert taken.status_code == 303
    page = browser.get("/ledger/checkpoints").text
    assert "Countersignatures imported: court.example" in page and "only this machine vouches" not in page
    assert entries(office, "checkpoint:countersigned")[0].actor == office[Role.AUDITOR].officer.officer_id
    packed = browser.post("/ledger/checkpoints/out", since="3").content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len(archive.namelist()) == 2
    forged = send_file(browser, "/ledger/checkpoints/take", ("note", "x", signed.replace(b"AAAA", b"BBBB")[:-9]))
    assert forged.status_code == 400


@pytest.mark.parametrize("bad", [b"", b"no note at all\n", b"%PDF-1.7\n\x00\xff", b"x" * (1 << 21)])
def test_an_invalid_note_is_refused_with_the_name_of_its_file(signed_in: SignIn, bad: bytes) -> None:
    answer = send_file(signed_in(Role.AUDITOR), "/ledger/checkpoints/take", ("note", "scan.pdf", bad))
    assert answer.status_code == 400 and "scan.pdf" in answer.text


def test_every_page_in_every_language(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    exhibit_id = scanned(office, tmp_path)
    cases.end_authority(office.io, office.authority.authority_id, "over")
    with office.workspace.read() as tables:
        list_id = tables[rows.FlagListRow].select()[0].list_id
    browser = signed_in(Role.INVESTIGATING_OFFICER)
    paths = ["/cases", "/cases/new", "/cases/sources", f"/cases/{office.case.case_id}", "/exhibits", "/lists"]
    paths += [f"/exhibits/{exhibit_id}", f"/lists/{list_id}", f"/lists/{list_id}/rejects", "/ledger", "/ledger/1"]
    paths += [
        f"/cases/sources/{office.source.source_id}",
        "/ledger/journal",
        "/ledger/checkpoints",
        f"/lists/{list_id}/difference?since={list_id}",
    ]
    for language in ("hi", "ml"):
        browser.client.cookies.set("language", language)
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text[-400:]}"
            assert "style=" not in answer.text and "onclick" not in answer.text


def declared(office: Office, kind: str) -> list[tuple[str, object, str]]:
    with office.workspace.read() as tables:
        declarations = tables[rows.Declaration].select(kind=kind)
    return [(declaration.thing, json.loads(declaration.said_json), declaration.why) for declaration in declarations]


def test_the_clock_of_an_exhibit_is_declared_on_its_page(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    browser, exhibit_id = signed_in(Role.INVESTIGATING_OFFICER), scanned(office, tmp_path)
    path, how = f"/exhibits/{exhibit_id}/clock", "against NTP at both visits, S. Rao"
    twice = {"at": "2026-03-01T10:00:00", "offset": "10", "again_at": "2026-06-05T10:50:00Z", "again_offset": "-0.5"}
    assert browser.post(path, measured=how, uncertainty="2", **twice).status_code == 303
    fields = {"compared": [[1772339400000000, 10_000_000], [1780656600000000, -500_000]], "uncertainty_s": 2}
    assert declared(office, "clock") == [(f"exhibit:{exhibit_id}", fields, how)]
    assert entries(office, "exhibit:changed")[-1].actor == office.io.officer.officer_id
    page = browser.get(f"/exhibits/{exhibit_id}").text
    assert how in page and "+10 s ahead of true time" in page and "-0.5 s ahead" in page
    for wrong in (
        {},
        {"as_source": "true", "at": "2026-03-01T10:00:00", "offset": "1"},
        {"at": "2026-03-01T10:00:00", "offset": "nan"},
        {"at": "2026-03-01T10:00:00", "offset": "soon"},
        {"at": "yesterday", "offset": "1"},
        {"at": "", "offset": "1"},
        {**twice, "again_at": twice["at"]},
    ):
        assert browser.post(path, measured=how, **wrong).status_code == 400, wrong
    assert browser.post(path, measured=" ", as_source="true").status_code == 400
    assert len(declared(office, "clock")) == 1
    assert browser.post(path, measured="compared with the wrong server", as_source="true").status_code == 303
    assert "As its source declares." in browser.get(f"/exhibits/{exhibit_id}").text


def test_the_proxies_and_times_of_a_source_are_declared_on_its_page(signed_in: SignIn, office: Office) -> None:
    browser, thing = signed_in(Role.INVESTIGATING_OFFICER), f"source:{office.source.source_id}"
    path, why = f"/cases/sources/{office.source.source_id}", "nginx.conf of the seizure, seen"
    assert f'href="{path}"' in browser.get("/cases/sources").text
    proxies = "198.51.100.7\r\n203.0.113.0/28, 2001:db8::1-2001:db8::9"
    assert browser.post(f"{path}/proxies", proxies=proxies, why=why).status_code == 303
    ranges = [["198.51.100.7"] * 2, ["203.0.113.0", "203.0.113.15"], ["2001:db8::1", "2001:db8::9"]]
    assert declared(office, "trusted-proxies") == [(thing, {"ranges": ranges}, why)]
    assert browser.post(f"{path}/times", time_is="end", duration="ms", why=why).status_code == 303
    assert declared(office, "request-times") == [(thing, {"time_is": "end", "duration_unit": "ms"}, why)]
    assert [entry.actor for entry in entries(office, "source:changed")] == [office.io.officer.officer_id] * 2
    page = browser.get(path).text
    assert "203.0.113.15" in page and "198.51.100.0/28" in page and "request took, in ms" in page
    named = browser.post(f"{path}/proxies", proxies="proxy.example", why=why)
    assert named.status_code == 400 and "Addresses of its proxies proxy.example" in named.text
    assert browser.post(f"{path}/proxies", proxies="198.51.100.7", why="known").status_code == 400
    assert browser.post(f"{path}/times", time_is="start", duration="ms", why=why).status_code == 400
    assert browser.post(f"{path}/times", time_is="start", why="seen").status_code == 400
    assert (len(declared(office, "trusted-proxies")), len(declared(office, "request-times"))) == (1, 1)


def test_an_officer_without_permission_sees_no_declaration_form_and_is_refused(
    signed_in: SignIn, office: Office, tmp_path: Path
) -> None:
    browser, exhibit_id = signed_in(Role.SUPERVISOR), scanned(office, tmp_path)
    source = f"/cases/sources/{office.source.source_id}"
    for page, action, fields in (
        (f"/exhibits/{exhibit_id}", "clock", {"measured": "x", "as_source": "true"}),
        (source, "proxies", {"why": "nginx.conf as it was seen"}),
        (source, "times", {"why": "nginx.conf as it was seen", "time_is": "end"}),
    ):
        assert f'action="{page}/{action}"' not in browser.get(page).text
        assert browser.post(f"{page}/{action}", **fields).status_code == 403
    assert not declared(office, "clock") + declared(office, "trusted-proxies") + declared(office, "request-times")


def test_a_case_has_its_timeline_its_deadlines_and_a_tab_for_each_list(
    signed_in: SignIn, office: Office, tmp_path: Path
) -> None:
    where = f"/cases/{office.case.case_id}"
    assert "The first steps of a case" in signed_in(Role.INVESTIGATING_OFFICER).get(where).text
    exhibit_id = scanned(office, tmp_path)
    office.add_authority(number="order with an end", valid_until_us=to_microseconds(now()) + 3 * 86_400_000_000)
    officer = signed_in(Role.INVESTIGATING_OFFICER)
    page = officer.get(where).text
    assert "The first steps of a case" not in page and 'data-chart="timeline"' in page
    assert re.search(r"<td>Evidence</td>\s*<td[^>]*>registered: .*access.log</td>", page)
    assert re.search(r"<td>Authorities</td>\s*<td[^>]*>ends: order with an end</td>", page)
    deadlines = officer.get(f"{where}?tab=deadlines").text
    assert "Authority order with an end ends" in deadlines and "· soon" in deadlines
    tabs = re.findall(r'href="/cases/\w+\?tab=(\w+)"', page)
    assert len(set(tabs)) >= 8
    for tab in set(tabs):
        assert officer.get(f"{where}?tab={tab}").status_code == 200, tab
    assert exhibit_id in officer.get(f"{where}?tab=exhibits").text
    custodian = signed_in(Role.CUSTODIAN).get(where).text
    assert "tab=exhibits" in custodian and "tab=subscribers" not in custodian and "tab=leads" not in custodian
    other = signed_in(Role.CUSTODIAN).get(f"{where}?tab=subscribers")
    assert other.status_code == 200 and 'id="authorities"' in other.text, "the overview instead"


def test_a_signed_list_is_added_without_a_scan(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    browser = signed_in(Role.INVESTIGATING_OFFICER)
    assert "No flag list is valid now" in browser.get("/intake").text

    def add(path: Path, minisig: bytes | None = None, **fields: str) -> Response:
        signed = minisig or Path(f"{path}.minisig").read_bytes()
        files = {"flags": (path.name, path.read_bytes()), "signature": (f"{path.name}.minisig", signed)}
        form = {"form_token": browser.token()} | fields
        answer: Response = browser.client.post("/lists/add", data=form, files=files, follow_redirects=False)
        return answer

    first = signed_list(tmp_path, "kind,value\nhost,board.example\nhost,attic.example\n")
    assert add(first, b"untrusted comment: x\nnothing\n").status_code in {400, 403}
    changed = first.read_bytes() + b"host,more.example\n"
    altered = tmp_path / "altered.csv"
    altered.write_bytes(changed)
    assert add(altered, Path(f"{first}.minisig").read_bytes()).status_code == 403
    assert not entries(office, "list:registered")
    assert add(first).status_code == 303 and add(first).status_code == 303
    assert len(entries(office, "list:registered")) == 1 and len(entries(office, "list:signed")) == 1
    assert "No flag list is valid now" not in browser.get("/intake").text
    (tmp_path / "next").mkdir()
    newer = signed_list(tmp_path / "next", "kind,value\nhost,board.example\n", version="2")
    newer = newer.rename(newer.with_name(first.name))
    Path(f"{newer.with_name('list-2-leads.csv')}.minisig").rename(f"{newer}.minisig")
    refused = add(newer)
    assert refused.status_code == 400 and "flags less than version 1" in refused.text
    assert add(newer, replaces="true").status_code == 303
    assert add(first).status_code == 403, "an older one than one that was used"
    log = tmp_path / "access.log"
    log.write_text(combined_log(60), encoding="utf-8")
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number), lambda *_: None)
    with office.workspace.read() as tables:
        assert tables[rows.Run].select()[0].hits == 20
    assert signed_in(Role.AUDITOR).post("/lists/add").status_code in {403, 422}
