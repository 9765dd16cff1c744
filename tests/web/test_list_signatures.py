"""A list of an agency that signs none: a key that two officers enrol, then a list that is transcribed and signed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from httpx2 import Response

from sightline.casework import decisions
from sightline.model import Role
from sightline.model.progress import ignore_progress
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.office import Office, combined_log
from tests.web.conftest import Browser, SignIn

IO, ANALYST, AUDITOR = Role.INVESTIGATING_OFFICER, Role.ANALYST, Role.AUDITOR
LETTER = b"%PDF-1.7 a letter"
FORM = {"series": "letter 12", "valid_until": "2098-12-31", "use": "leads", "transcribed_by": "Unit 3"}
Files = dict[str, tuple[str, bytes]]


def send(browser: Browser, files: Files, **fields: str) -> Response:
    form = {"form_token": browser.token()} | FORM | fields
    answer: Response = browser.client.post("/lists/sign", data=form, files=files, follow_redirects=False)
    return answer


def key_of(office: Office, signed_in: SignIn) -> tuple[str, bytes]:
    """The file of a key that was made in the browser and that a second officer agreed to trust."""
    browser = signed_in(IO)
    made = browser.post("/lists/keys", issuer="BUREAU", why="letter 12 of the bureau")
    assert made.headers["content-disposition"].endswith("BUREAU.key")
    assert "A key waits for a second officer" in browser.get("/lists/sign").text
    files: Files = {"key": ("BUREAU.key", made.content), "original": ("letter.pdf", LETTER)}
    refused = send(browser, files, text="board.example\n")
    assert (
        refused.status_code == 403
        and "not trusted" in refused.text
        and str(office.workspace.folder) not in refused.text
    )
    with office.workspace.read() as tables:
        (asked,) = tables[rows.Approval].select(state="asked")
    decisions.decide(office.second(asked), asked.approval_id, give=True, why="the ids of the key are equal")
    return "BUREAU.key", made.content


def test_a_list_is_transcribed_and_signed_with_a_key_that_two_officers_enrolled(
    signed_in: SignIn, office: Office, tmp_path: Path
) -> None:
    key = key_of(office, signed_in)
    browser = signed_in(ANALYST)
    answer = send(browser, {"key": key, "original": ("letter.pdf", LETTER)}, text="board.example\r\n")
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.headers["location"]).text
    assert "Unit 3" in page and hashlib.sha256(LETTER).hexdigest() in page and "letter 12" in page
    log = tmp_path / "access.log"
    log.write_text(combined_log(60), encoding="utf-8")
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number), lambda *_: None)
    with office.workspace.read() as tables:
        assert tables[rows.Run].select()[0].hits == 20
        signed = tables[rows.ListSignature].select()[0]
    assert (signed.transcribed_by, signed.issuer, signed.series) == ("Unit 3", "BUREAU", "letter 12")
    assert verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings == []
    secret = key[1].splitlines()[1]
    for path in office.workspace.folder.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), f"the secret key is in {path}"


@pytest.mark.parametrize(
    ("files", "fields", "says"),
    [
        ({}, {}, "Give a file, or type the rows"),
        ({"flags": ("a.txt", b"board.example\n")}, {"text": "board.example"}, "Give a file, or type the rows"),
        ({}, {"text": "board.example\nnot a host;\n"}, "1 of 2 rows cannot be read"),
        ({}, {"text": "not a host;"}, "no row that can be read"),
        ({}, {"text": "board.example", "transcribed_by": ""}, "go together"),
        ({"original": ("letter.pdf", b"")}, {"text": "board.example", "valid_until": "2020-01-01"}, "is over already"),
        ({}, {"text": "board.example", "series": " "}, "needs a series"),
        ({}, {"text": "board.example", "category": "a;b"}, "The list cannot be signed"),
        ({"key": ("x.key", b"\xff")}, {"text": "board.example"}, "not a minisign secret key"),
    ],
)
def test_a_list_that_cannot_be_signed_is_refused_with_what_to_do(
    signed_in: SignIn, office: Office, files: Files, fields: dict[str, str], says: str
) -> None:
    key = key_of(office, signed_in)
    given: Files = {"key": key, "original": ("letter.pdf", LETTER)}
    answer = send(signed_in(IO), given | files, **fields)
    assert answer.status_code in {400, 403, 422} and says in answer.text
    with office.workspace.read() as tables:
        assert not tables[rows.FlagListRow].select()


def test_rows_that_cannot_be_read_are_signed_only_if_that_is_ticked(signed_in: SignIn, office: Office) -> None:
    files: Files = {"key": key_of(office, signed_in), "original": ("letter.pdf", LETTER)}
    assert send(signed_in(IO), files, text="board.example\nnot a host;\n", allow_rejects="true").status_code == 303
    shorter = send(signed_in(IO), files, text="other.example")
    assert shorter.status_code == 400 and "flags less than version" in shorter.text
    assert send(signed_in(IO), files, text="other.example", replaces="true").status_code == 303
    assert signed_in(AUDITOR).get("/lists/sign").status_code == 403
    assert signed_in(ANALYST).post("/lists/keys", issuer="X", why="letter 12 of the bureau").status_code == 403
    assert signed_in(IO).post("/lists/keys", issuer="no code", why="letter 12 of the bureau").status_code == 400
