"""A new officer comes in without a terminal: makes a key on a page, is enrolled with it, and chooses a password."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from sightline.casework import decisions
from sightline.casework.people import accounts, code_keys, officers
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.append import Signer
from sightline.ledger.entry import Entry
from sightline.model import Role
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.office import Office
from tests.web.conftest import Browser, SignIn

pytestmark = pytest.mark.usefixtures("quick_passwords")
PASSWORD = "four words make it"
NEW = {
    "name": "N. Thomas",
    "role": "analyst",
    "unit": "Cyber Cell",
    "designation": "Constable",
    "why": "joined as the order says",
}


def make_key_on_page(client: TestClient) -> tuple[str, str]:
    """Return the code and the public key that the page shows."""
    page = client.get("/join").text
    code = re.search(r"<code>((?:[a-z2-7]{4}-){7}[a-z2-7]{4})</code>", page)
    public = re.search(r'id="new-key">([^<]+)<', page)
    assert code and public
    return code[1], html.unescape(public[1])


def join(client: TestClient, code: str, **other: str) -> Response:
    fields = {"code": code, "name": "n.thomas", "password": PASSWORD, "again": PASSWORD} | other
    answer: Response = client.post("/join", data=fields, follow_redirects=False)
    return answer


def enrol(browser: Browser, office: Office, public: str) -> None:
    answer = browser.post("/administration/officers", key=public, **NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/approvals")
    with office.workspace.read() as tables:
        (waiting,) = tables[rows.Approval].select(action="officer:enrol", state="asked")
    decisions.decide(office.supervisor, waiting.approval_id, give=True, why="compared the key id with him")


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1")


def test_a_new_officer_comes_in_with_a_key_made_on_the_page(
    client: TestClient, signed_in: SignIn, office: Office
) -> None:
    code, public = make_key_on_page(client)
    refused = join(client, code)
    assert refused.status_code == 403 and "No officer on duty is enrolled" in html.unescape(refused.text)
    enrol(signed_in(Role.ADMINISTRATOR), office, public)
    made = join(client, code.upper().replace("-", " "))
    secret = re.search(r'class="hash">([A-Z2-7]{32})<', made.text)
    assert made.status_code == 200 and secret and "data:image/svg" in made.text
    now = datetime.now(UTC)
    here = accounts.sign_in(office.workspace, "n.thomas", PASSWORD, pyotp.TOTP(secret[1]).at(now), now)
    assert (here.officer.name, here.officer.role) == ("N. Thomas", Role.ANALYST)
    with office.workspace.read() as tables:
        entry = Entry.read(tables[rows.LedgerRow].select(verb="account:made")[-1].entry_json.encode())
    assert entry.actor == here.officer.officer_id
    findings = verify_workspace(office.workspace, VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None)
    assert findings.findings == []


def test_a_code_is_no_second_way_into_an_account(client: TestClient, signed_in: SignIn, office: Office) -> None:
    code, public = make_key_on_page(client)
    enrol(signed_in(Role.ADMINISTRATOR), office, public)
    assert join(client, code).status_code == 200
    again = join(client, code, name="other", password="another four words", again="another four words")
    assert again.status_code == 403 and "has an account already" in again.text
    with office.workspace.read() as tables:
        assert [account.name for account in tables[rows.Account].select()] == ["n.thomas"]


def test_a_revoked_key_makes_no_account(client: TestClient, signed_in: SignIn, office: Office) -> None:
    code, public = make_key_on_page(client)
    enrol(signed_in(Role.ADMINISTRATOR), office, public)
    key_id = officers.derive_key_id(code_keys.derive_private_key(code))
    officers.revoke(office.supervisor, key_id, "the sheet was lost")
    assert join(client, code).status_code == 403
    with office.workspace.read() as tables:
        assert not tables[rows.Account].select()


def test_a_key_that_another_replaced_makes_no_account(client: TestClient, signed_in: SignIn, office: Office) -> None:
    """The officer is on duty with the newer key: the code of the older one is refused all the same."""
    code, public = make_key_on_page(client)
    enrol(signed_in(Role.ADMINISTRATOR), office, public)
    private = code_keys.derive_private_key(code)
    with office.workspace.read() as tables:
        (officer,) = tables[rows.Officer].select(name=NEW["name"])
    own = OfficerSession(office.workspace, Signer(officer.officer_id, private), officer, office.supervisor.clock)
    officers.rotate(own, code_keys.parse_public_key(code_keys.make_code_key().public))
    refused = join(client, code)
    assert refused.status_code == 403 and "No officer on duty is enrolled" in html.unescape(refused.text)
    with office.workspace.read() as tables:
        assert not tables[rows.Account].select()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"again": "another four words"}, "The two passwords differ"),
        ({"password": "short", "again": "short"}, "12 characters"),
        ({"name": "../x"}, "../x"),
    ],
)
def test_a_wrong_field_is_told_and_makes_nothing(
    client: TestClient, signed_in: SignIn, office: Office, other: dict[str, str], expected: str
) -> None:
    code, public = make_key_on_page(client)
    enrol(signed_in(Role.ADMINISTRATOR), office, public)
    answer = join(client, code, **other)
    assert answer.status_code == 422 and expected in html.unescape(answer.text)
    assert PASSWORD not in answer.text and code not in answer.text
    assert join(client, code).status_code == 200


def test_wrong_codes_are_counted_slowed_down_and_never_written_down(client: TestClient, office: Office) -> None:
    statuses = [join(client, "aaaa-bbbb-cccc-dddd").status_code for _ in range(12)]
    assert statuses == [403] * 10 + [429] * 2
    office.workspace.tell_counts(datetime.now(UTC), at_end=True)
    with office.workspace.read() as tables:
        text = " ".join(row.text or "" for row in tables[rows.StoredJournalRow].select(verb="login:failed"))
    assert "a wrong code of a new officer" in text and "aaaa" not in text


def test_a_form_of_another_place_makes_no_account(client: TestClient) -> None:
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        fields = {"code": "x", "name": "x", "password": PASSWORD, "again": PASSWORD}
        assert client.post("/join", data=fields, headers=headers).status_code == 403


@pytest.mark.parametrize("language", ["hi", "ml"])
def test_the_refusal_is_in_the_language_of_the_page(client: TestClient, language: str) -> None:
    client.cookies.set("language", language)
    page = join(client, "aaaa").text
    assert 'lang="en"' not in page.partition('role="alert"')[2].partition("</div>")[0]


def test_a_key_is_typed_or_a_file_and_not_both(signed_in: SignIn) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    public = code_keys.make_code_key().public
    for key, file, expected in (("", b"", "is no public key"), (public, b"x", "was typed and given as a file")):
        answer = browser.client.post(
            "/administration/officers",
            data=NEW | {"form_token": browser.token(), "key": key},
            files={"public": ("n.pub" if file else "", file)},
        )
        assert answer.status_code == 422 and expected in html.unescape(answer.text).lower()
