"""Work on a case: notes with sealed attachments and mentions, deadlines that officers set, and its report."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from httpx2 import Response

from sightline.casework.cases import case_notes
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Role
from sightline.model.progress import ignore_progress
from sightline.services.case_files.attachments import MOST_FILES, NewFile, open_file, write_note
from sightline.services.case_files.file_types import MOST_BYTES, require_allowed
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.office import Office
from tests.web.conftest import Browser, SignIn

IO, SUPERVISOR, ANALYST = Role.INVESTIGATING_OFFICER, Role.SUPERVISOR, Role.ANALYST
ADMINISTRATOR, CUSTODIAN = Role.ADMINISTRATOR, Role.CUSTODIAN
PAPER = b"%PDF-1.7 a memo of 198.51.100.7"
Files = list[tuple[str, tuple[str, bytes]]]


def archive(*members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for member in members:
            made.writestr(member, "x")
    return out.getvalue()


def send_note(browser: Browser, case_id: str, text: str, files: Files) -> Response:
    form = {"form_token": browser.token(), "text": text}
    answer: Response = browser.client.post(f"/cases/{case_id}/notes", data=form, files=files, follow_redirects=False)
    return answer


def opened(office: Office) -> list[rows.StoredJournalRow]:
    with office.workspace.read() as tables:
        return tables[rows.StoredJournalRow].select(verb="view:case-file")


def day_ahead(office: Office, days: int) -> str:
    today = format_day_in_india(to_microseconds(office.io.clock()))
    return (date.fromisoformat(today) + timedelta(days=days)).isoformat()


def test_a_note_has_sealed_attachments_that_are_saved_and_never_displayed(signed_in: SignIn, office: Office) -> None:
    browser, case_id = signed_in(IO), office.case.case_id
    text = "Called the hostel.\nSee @" + office[SUPERVISOR].officer.name + " <b>198.51.100.7</b>"
    files: Files = [("files", ("C:\\memo.pdf", PAPER)), ("files", ("log.csv", b"a,b\n"))]
    assert send_note(browser, case_id, text, files).headers["location"] == f"/cases/{case_id}?tab=notes"
    page = browser.get(f"/cases/{case_id}?tab=notes").text
    assert "Called the hostel.<br>" in page and "&lt;b&gt;" in page and "198.51.100.7" not in page
    paths = re.findall(rf'href="(/cases/{case_id}/files/\w+)" download>([^<]+)<', page)
    assert [name for _, name in paths] == ["memo.pdf", "log.csv"] and not opened(office)
    saved = browser.get(paths[0][0])
    assert saved.content == PAPER and saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert [row.thing for row in opened(office)] == [f"case-file:{paths[0][0].rpartition('/')[2]}"]
    with office.workspace.read() as tables:
        case_files = tables[rows.CaseFile].select()
    with office.workspace.segments.open_local(case_files[0].file) as stored:
        assert PAPER not in stored.read_bytes()
    assert verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings == []
    assert signed_in(ANALYST).get(paths[0][0]).status_code == 200
    assert signed_in(CUSTODIAN).get(paths[0][0]).status_code == 403
    assert signed_in(CUSTODIAN).post(f"/cases/{case_id}/notes", text="I was here").status_code == 403
    inbox = signed_in(SUPERVISOR).get("/inbox").text
    found = signed_in(SUPERVISOR).post("/search", text="memo.pdf").text
    assert f"/cases/{case_id}?tab=notes" in found and "198.51.100.7" not in found
    assert "tab=notes" not in signed_in(ADMINISTRATOR).post("/search", text="memo.pdf").text
    assert f"A note about the case {office.case.number} names you" in inbox and "Called the hostel" in inbox


def test_an_altered_attachment_is_found_and_not_opened(office: Office) -> None:
    write_note(office.io, office.case.case_id, "the memo", [NewFile("memo.pdf", PAPER)])
    with office.workspace.read() as tables:
        held = tables[rows.CaseFile].select()[0]
    with office.workspace.segments.open_local(held.file) as stored:
        path = Path(stored)
        sealed = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(DamagedInput, match="was altered"):
        open_file(office.io, office.case.case_id, held.file_id)
    findings = verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings
    assert any("memo.pdf" in finding.where for finding in findings)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0"),
        ("photo.pdf", b"\xff\xd8\xff\xe0"),
        ("page.html", b"<script>"),
        ("pdf", PAPER),
        ("notes.txt", b"\xff\xfe\x00"),
        ("files.zip", archive("a.txt")),
        ("memo.docx", archive("a.txt")),
        ("memo.docx", archive("[Content_Types].xml", "word/vbaProject.bin")),
        ("memo.docx", b"PK\x03\x04"),
        ("memo.odt", archive("mimetype")),
        ("empty.txt", b""),
        ("long.txt", b"a" * (MOST_BYTES + 1)),
    ],
)
def test_a_file_that_the_allow_list_does_not_name_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(UsageError):
        require_allowed(name, content)


def test_a_refused_attachment_leaves_nothing_behind(signed_in: SignIn, office: Office) -> None:
    browser, case_id = signed_in(ANALYST), office.case.case_id
    for one in ("memo.docx", archive("[Content_Types].xml")), ("memo.odt", archive("mimetype", "content.xml")):
        require_allowed(*one)
    many: Files = [("files", (f"{at}.pdf", PAPER)) for at in range(MOST_FILES + 1)]
    for files in ([("files", ("memo.pdf", PAPER)), ("files", ("photo.jpg", b"\xff\xd8"))], many):
        answer = send_note(browser, case_id, "two papers of the hostel", files)
        assert answer.status_code == 400 and "two papers of the hostel" in answer.text
    with office.workspace.read() as tables:
        assert not tables[rows.CaseNote].select() and not tables[rows.CaseFile].select()
        assert not list(office.workspace.segments.names())


def test_a_mention_does_not_reach_an_officer_who_may_see_no_case(signed_in: SignIn, office: Office) -> None:
    text = f"@{office[ADMINISTRATOR].officer.name} and @{office[ANALYST].officer.name}: the hostel answered"
    write_note(office.io, office.case.case_id, text)
    assert "the hostel answered" in signed_in(ANALYST).get("/inbox").text
    assert "the hostel answered" not in signed_in(ADMINISTRATOR).get("/inbox").text


def test_a_deadline_is_set_by_hand_and_ended_with_a_reason(signed_in: SignIn, office: Office) -> None:
    browser, here = signed_in(IO), f"/cases/{office.case.case_id}"
    for due_on in (day_ahead(office, -1), "2126-01-01", "soon"):
        assert browser.post(f"{here}/deadlines", what="file the charge", due_on=due_on).status_code == 400
    due_on = day_ahead(office, 1)
    assert browser.post(f"{here}/deadlines", what="file the charge", due_on=due_on).status_code == 303
    assert browser.post(f"{here}/deadlines", what="answer the court", due_on=day_ahead(office, 60)).status_code == 303
    page = browser.get(f"{here}?tab=deadlines").text
    assert (
        page.index("file the charge") < page.index("answer the court") and "file the charge" in browser.get(here).text
    )
    home = browser.get("/").text
    assert "file the charge" in home and "answer the court" not in home
    assert f'datetime="{due_on}"' in home[home.index("file the charge") :][:600], "its own day, not the next one"
    inbox = browser.get("/inbox").text
    assert "file the charge" in inbox and "answer the court" not in inbox
    assert "file the charge" not in signed_in(SUPERVISOR).get("/inbox").text
    with office.workspace.read() as tables:
        first = case_notes.list_open_deadlines(tables, office.case.case_id)[0]
    end = f"{here}/deadlines/{first.deadline_id}/end"
    assert browser.post(end, why="done").status_code == 400
    assert browser.post(end, why="filed in court today").status_code == 303
    assert browser.post(end, why="filed in court today").status_code == 400
    assert "file the charge" not in browser.get(f"{here}?tab=deadlines").text
    assert verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings == []


def test_the_report_has_the_whole_file_of_the_case_without_forms(signed_in: SignIn, office: Office) -> None:
    write_note(office.io, office.case.case_id, "Called the hostel.", [NewFile("memo.pdf", PAPER)])
    case_notes.set_deadline(office.io, office.case.case_id, "file the charge", day_ahead(office, 9))
    page = signed_in(CUSTODIAN).get(f"/cases/{office.case.case_id}/report").text
    for text in ("Called the hostel.", "memo.pdf", "file the charge", office.authority.number, "Neither proves who"):
        assert text in page, text
    main = page[page.index("<main") : page.index("</main>")]
    assert main.count("<table") == main.count("data-in-order") > 0, "a page of paper has all rows"
    printed = re.sub(r'<section class="[a-z ]*screen" id="pdf">.*?</section>', "", main, flags=re.DOTALL)
    assert len(printed) < len(main) and 'method="post"' not in printed and "<textarea" not in printed
    assert signed_in(ADMINISTRATOR).get(f"/cases/{office.case.case_id}/report").status_code == 403


def test_the_report_is_a_file_whose_digest_the_ledger_has(signed_in: SignIn, office: Office) -> None:
    path = f"/cases/{office.case.case_id}/report"
    answer = signed_in(CUSTODIAN).post(path, language="hi")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    with office.workspace.read() as tables:
        entry = tables[rows.LedgerRow].select(verb="case:reported")[0]
    assert hashlib.sha256(answer.content).hexdigest() in entry.entry_json
    assert signed_in(ADMINISTRATOR).post(path).status_code == 403
    assert signed_in(CUSTODIAN).post(path, identities="true", why="charge sheet of the case").status_code == 403
    assert signed_in(IO).post(path, identities="true", why="").status_code == 400
