"""Signing in: password and authenticator, lock-out, fixation, recovery by two, and forms of other places."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from sightline.casework import decisions
from sightline.casework.people import accounts, code_keys, recovery
from sightline.errors import NotAllowed, UsageError
from sightline.model import Role
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.web.app import AppConfig, create_app
from tests.office import Office
from tests.web.conftest import SignIn
from tests.web.test_gallery import needs_build

pytestmark = pytest.mark.usefixtures("quick_passwords")
PASSWORD = "four words make it"
STRENGTH = (accounts.MEMORY_KIB, accounts.PASSES, accounts.LANES)
"""What a password takes outside of tests."""


def enrolled(office: Office, role: Role = Role.INVESTIGATING_OFFICER, name: str = "s.rao") -> accounts.Enrolment:
    return accounts.create_account(office[role], name, PASSWORD)


def sign_in(app: FastAPI, name: str, password: str, code: str) -> tuple[TestClient, Response]:
    client = TestClient(app, base_url="http://127.0.0.1")
    fields = {"name": name, "password": password, "code": code, "next": "/approvals"}
    return client, client.post("/sign-in", data=fields, follow_redirects=False)


def journal(office: Office, verb: str) -> list[rows.StoredJournalRow]:
    with office.workspace.read() as tables:
        return tables[rows.StoredJournalRow].select(verb=verb)


def test_a_password_takes_as_much_memory_as_the_standard_recommends(
    app: FastAPI, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9106, 4, the second recommended option but for the lanes: 64 MiB, three passes."""
    assert STRENGTH == (64 * 1024, 3, 1)
    made, signed_in = enrolled(office), []
    for memory_kib, passes in (STRENGTH[:2], (8, 1)):
        monkeypatch.setattr(accounts, "MEMORY_KIB", memory_kib)
        monkeypatch.setattr(accounts, "PASSES", passes)
        _, answer = sign_in(app, "s.rao", PASSWORD, pyotp.TOTP(made.totp_secret).now())
        signed_in.append(answer.status_code)
    # These numbers are what the key of the account is derived with: with others the same password is wrong.
    assert signed_in == [403, 303]


def test_an_officer_signs_in_and_out(app: FastAPI, office: Office) -> None:
    made = enrolled(office)
    client, answer = sign_in(app, "s.rao", PASSWORD, pyotp.TOTP(made.totp_secret).now())
    assert (answer.status_code, answer.headers["location"]) == (303, "/approvals")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    page = client.get("/approvals")
    assert page.status_code == 200 and "investigating officer" in page.text
    token = page.text.split('name="form-token" content="')[1].split('"')[0]
    client.post("/sign-out", data={"form_token": token}, follow_redirects=False)
    assert client.get("/approvals", follow_redirects=False).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(("name", "password"), [("s.rao", "not the words"), ("nobody", PASSWORD)])
def test_wrong_credentials_get_one_answer_and_a_journal_row(
    app: FastAPI, office: Office, name: str, password: str
) -> None:
    made = enrolled(office)
    _, answer = sign_in(app, name, password, pyotp.TOTP(made.totp_secret).now())
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert "The name, password or code is wrong" in answer.text
    assert len(journal(office, "login:failed")) == 1
    assert password not in str(journal(office, "login:failed"))


def test_a_code_serves_once(app: FastAPI, office: Office) -> None:
    made = enrolled(office)
    code = pyotp.TOTP(made.totp_secret).now()
    assert sign_in(app, "s.rao", PASSWORD, code)[1].status_code == 303
    assert sign_in(app, "s.rao", PASSWORD, code)[1].status_code == 403


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(office: Office) -> None:
    made, now = enrolled(office), datetime.now(UTC)
    totp = pyotp.TOTP(made.totp_secret)
    for _ in range(5):
        with pytest.raises(NotAllowed):
            accounts.sign_in(office.workspace, "s.rao", "wrong", totp.at(now), now)
    with pytest.raises(NotAllowed):
        accounts.sign_in(office.workspace, "s.rao", PASSWORD, totp.at(now), now)
    later = now + timedelta(minutes=16)
    assert accounts.sign_in(office.workspace, "s.rao", PASSWORD, totp.at(later), later).officer == office.io.officer


def test_a_session_that_was_there_before_signing_in_is_not_the_one_after(app: FastAPI, office: Office) -> None:
    made = enrolled(office)
    client, _ = sign_in(app, "s.rao", PASSWORD, pyotp.TOTP(made.totp_secret).now())
    first = client.cookies["sightline"]
    other = TestClient(app, base_url="http://127.0.0.1")
    other.cookies.set("sightline", "planted-by-another")
    later = pyotp.TOTP(made.totp_secret).at(datetime.now(UTC) + timedelta(seconds=30))
    answer = other.post("/sign-in", data={"name": "s.rao", "password": PASSWORD, "code": later}, follow_redirects=False)
    assert answer.status_code == 303
    token = answer.headers["set-cookie"].split("sightline=")[1].split(";")[0]
    assert token not in {"planted-by-another", first}


def test_a_form_of_another_place_is_refused(signed_in: SignIn) -> None:
    browser = signed_in(Role.SUPERVISOR)
    token = browser.token()
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = browser.client.post("/sign-out", data={"form_token": token}, headers=headers, follow_redirects=False)
        assert answer.status_code == 403
    answer = browser.client.post("/sign-out", data={"form_token": "guess"}, follow_redirects=False)
    assert answer.status_code == 403 and "J-" in answer.text
    assert browser.get("/").status_code == 200


def test_a_redirect_never_leads_elsewhere(app: FastAPI, office: Office) -> None:
    made = enrolled(office)
    client = TestClient(app, base_url="http://127.0.0.1")
    fields = {"name": "s.rao", "password": PASSWORD, "code": pyotp.TOTP(made.totp_secret).now()}
    answer = client.post("/sign-in", data=fields | {"next": "//evil.example/x"}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_revoked_key_opens_no_page(signed_in: SignIn, office: Office) -> None:
    from sightline.casework.people import officers

    browser = signed_in(Role.INVESTIGATING_OFFICER)
    assert browser.get("/approvals").status_code == 200
    officers.revoke(office.supervisor, office.io.signer.key_id, "left the unit")
    answer = browser.get("/approvals")
    assert answer.status_code == 403 and "J-" in answer.text


def test_two_officers_give_an_account_back_and_neither_could_use_it(app: FastAPI, office: Office) -> None:
    enrolled(office)
    client = TestClient(app, base_url="http://127.0.0.1")
    page = client.get("/recover").text
    code = re.search(r"<code>((?:[a-z2-7]{4}-){7}[a-z2-7]{4})</code>", page)
    public = re.search(r'id="new-key">([^<]+)<', page)
    assert code and public and code[1] not in client.get("/recover").text
    whom = office.io.officer.officer_id
    key = code_keys.parse_public_key(public[1].replace("&#43;", "+").replace("&#x2B;", "+"))
    asked = recovery.ask(office.supervisor, whom, key, "lost the telephone")
    now = datetime.now(UTC)
    with pytest.raises(NotAllowed):
        recovery.recover(office.workspace, "s.rao", code[1], "another four words", now)
    decisions.decide(office[Role.ADMINISTRATOR], asked.approval_id, give=True, why="met him as the order says")
    for wrong in (code[1][:-1], code_keys.make_code_key().code, ""):
        with pytest.raises(NotAllowed):
            recovery.recover(office.workspace, "s.rao", wrong, "another four words", now)
    fields = {"name": "s.rao", "code": code[1].upper(), "password": "another four words"}
    answer = client.post("/recover", data=fields)
    assert answer.status_code == 200 and "data:image/svg" in answer.text
    with pytest.raises(NotAllowed):
        recovery.recover(office.workspace, "s.rao", code[1], "another four words", now)
    with office.workspace.read() as tables:
        keys = tables[rows.OfficerKey].select(officer_id=whom)
    assert {one.public_key == key: one.revoked_at_us is None for one in keys} == {True: True, False: False}
    assert (
        verify_workspace(office.workspace, VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None).findings
        == []
    )


def test_nobody_decides_about_the_own_account_and_a_key_of_somebody_is_no_new_one(office: Office) -> None:
    enrolled(office)
    administrator = office[Role.ADMINISTRATOR]
    key = base64.b64decode(code_keys.make_code_key().public)
    with pytest.raises(NotAllowed, match="own account"):
        recovery.ask(administrator, administrator.officer.officer_id, key, "forgot it")
    asked = recovery.ask(office.supervisor, administrator.officer.officer_id, key, "forgot it")
    with pytest.raises(NotAllowed):
        decisions.decide(administrator, asked.approval_id, give=True, why="it is me")
    with pytest.raises(NotAllowed, match="already"):
        recovery.ask(office.supervisor, office.io.officer.officer_id, administrator.signer.public, "lost")
    for text in ("", "no key", "AAAA"):
        with pytest.raises(UsageError, match="public key"):
            code_keys.parse_public_key(text)


def test_a_short_password_is_refused(office: Office) -> None:
    with pytest.raises(UsageError, match="12"):
        accounts.create_account(office.io, "s.rao", "short")


def test_every_answer_carries_the_policy(app: FastAPI) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    for path in ("/sign-in", "/nothing", "/approvals"):
        answer = client.get(path, follow_redirects=False)
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_language_is_chosen_before_signing_in(app: FastAPI) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    assert 'name="language" value="ml"' in client.get("/sign-in").text
    answer = client.post("/look", data={"language": "ml", "back": "/sign-in"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert '<html lang="ml"' in client.get("/sign-in").text


@needs_build
@pytest.mark.parametrize(("language", "script"), [("en", None), ("hi", "devanagari"), ("ml", "malayalam")])
def test_a_page_names_the_fonts_of_its_script_before_its_style(app: FastAPI, language: str, script: str | None) -> None:
    client = TestClient(app, base_url="http://127.0.0.1", cookies={"language": language})
    fonts = re.findall(r'rel="preload" as="font" [^>]*href="([^"]+)"', client.get("/sign-in").text)
    assert sum(script is not None and f"-{script}-" in font for font in fonts) == (0 if script is None else 2)
    assert len(fonts) == (1 if script is None else 3)
    assert {client.get(font).status_code for font in fonts} == {200}


def test_sign_in_attempts_are_limited(office: Office) -> None:
    client = TestClient(create_app(AppConfig(office.workspace, monotonic=lambda: 0.0)), base_url="http://127.0.0.1")
    codes = [client.post("/sign-in", data={"name": "x"}).status_code for _ in range(12)]
    assert codes[-1] == 429 and codes[0] != 429


def test_no_cookie_address_of_the_same_network_or_other_caller_gives_new_tries(office: Office) -> None:
    app = create_app(AppConfig(office.workspace, monotonic=lambda: 0.0))

    def tried(address: str, cookie: str = "") -> int:
        client = TestClient(app, base_url="http://127.0.0.1", client=(address, 40_000))
        return client.post("/sign-in", data={"name": "x"}, headers={"cookie": f"sightline={cookie}"}).status_code

    assert [tried(f"2001:db8:1:2::{number:x}", f"made-up-{number}") for number in range(12)][-1] == 429
    assert tried("2001:db8:1:3::1") != 429
    pages = TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.9", 40_000))
    codes = [pages.get("/nothing", headers={"cookie": f"sightline={number}"}).status_code for number in range(122)]
    assert codes[-1] == 429


class Clock:
    """A time that a test sets."""

    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/look", "/recover", "/administration/account/password"])
def test_forms_of_other_places_are_counted_and_make_few_rows(office: Office, path: str) -> None:
    clock = Clock()
    app = create_app(AppConfig(office.workspace, clock=clock))
    client = TestClient(app, base_url="http://127.0.0.1")
    sent = [client.post(path, headers={"sec-fetch-site": "cross-site"}).status_code for _ in range(60)]
    refused = sent.count(403)
    assert refused >= 10 and set(sent) <= {403, 429}
    assert len(journal(office, "refused:right")) == 1
    clock.now += timedelta(minutes=15)
    office.workspace.tell_counts(clock())
    (entry,) = journal(office, "refused:right")[1:]
    assert entry.actor == "unknown" and (entry.text or "").startswith(f"{refused - 1} without a session")


def test_a_page_elsewhere_that_has_the_cookie_sent_makes_no_rows_in_an_officers_name(
    signed_in: SignIn, office: Office
) -> None:
    browser = signed_in(Role.SUPERVISOR)
    for _ in range(30):
        browser.client.post("/sign-out", headers={"origin": "http://127.0.0.1:9999"})
    assert [row.actor for row in journal(office, "refused:right")] == ["unknown"]


def test_a_fault_that_anybody_can_cause_is_counted(office: Office) -> None:
    app = create_app(AppConfig(office.workspace))

    @app.get("/falls")
    def falls() -> None:
        raise ZeroDivisionError

    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    assert {client.get("/falls").status_code for _ in range(20)} == {500}
    assert len(journal(office, "fault:met")) == 1


def test_wrong_tries_without_a_session_are_one_row_with_their_counts_and_a_lock_is_its_own(office: Office) -> None:
    enrolled(office)
    clock = Clock()
    for name, address in [("nobody", "192.0.2.1")] * 3 + [("s.rao", "198.51.100.7")] * 7:
        with pytest.raises(NotAllowed):
            accounts.sign_in(office.workspace, name, "wrong", "000000", clock(), address)
    officer = office.io.officer.officer_id
    texts = [(row.actor, row.text or "") for row in journal(office, "login:failed")]
    assert len(texts) == 2 and texts[0][0] == "unknown" and texts[1][0] == officer
    assert "5 wrong tries in a row, the last from 198.51.100.7" in texts[1][1]
    office.workspace.tell_counts(clock(), at_end=True)
    last = journal(office, "login:failed")[-1].text or ""
    assert last.startswith("9 without a session") and f"officer: 7 {officer}" in last
    for part in ("2 an unknown name", "5 a wrong password or code", "2 the account is locked", "7 198.51.100.7"):
        assert part in last, part


def test_a_server_that_stops_writes_what_it_counted(office: Office) -> None:
    with TestClient(create_app(AppConfig(office.workspace)), base_url="http://127.0.0.1") as client:
        for _ in range(5):
            client.post("/look", headers={"sec-fetch-site": "cross-site"})
        assert len(journal(office, "refused:right")) == 1
    assert [(row.text or "")[:1] for row in journal(office, "refused:right")] == ["1", "4"]
    assert (
        verify_workspace(office.workspace, VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None).findings
        == []
    )


def test_wrong_recovery_codes_are_counted_and_lock_as_wrong_passwords_do(app: FastAPI, office: Office) -> None:
    made = enrolled(office)
    client = TestClient(app, base_url="http://127.0.0.1")
    for name in ("nobody", *["s.rao"] * 5):
        answer = client.post("/recover", data={"name": name, "code": "aaaa", "password": "another four words"})
        assert answer.status_code == 403
    office.workspace.tell_counts(datetime.now(UTC), at_end=True)
    text = " ".join(row.text or "" for row in journal(office, "login:failed"))
    assert "5 a wrong recovery code" in text and "an unknown name" in text and "locked for a quarter" in text
    now = datetime.now(UTC)
    with pytest.raises(NotAllowed):
        accounts.sign_in(office.workspace, "s.rao", PASSWORD, pyotp.TOTP(made.totp_secret).at(now), now)


def test_a_locked_account_takes_no_recovery_code_until_the_quarter_is_over(office: Office) -> None:
    enrolled(office)
    new, whom, now = code_keys.make_code_key(), office.io.officer.officer_id, datetime.now(UTC)
    asked = recovery.ask(office.supervisor, whom, code_keys.parse_public_key(new.public), "lost the telephone")
    decisions.decide(office[Role.ADMINISTRATOR], asked.approval_id, give=True, why="met him as the order says")
    for _ in range(5):
        with pytest.raises(NotAllowed):
            recovery.recover(office.workspace, "s.rao", "wrong", "another four words", now)
    with pytest.raises(NotAllowed):
        recovery.recover(office.workspace, "s.rao", new.code, "another four words", now)
    later = now + timedelta(minutes=16)
    made = recovery.recover(office.workspace, "s.rao", new.code, "another four words", later)
    assert made.account.officer_id == whom and made.account.locked_until_us is None


DEVANAGARI, MALAYALAM, WIDE, CIRCLED = 0x0966, 0x0D66, 0xFF10, 0x245F


@pytest.mark.parametrize("zero", [DEVANAGARI, MALAYALAM])
def test_digits_of_other_keyboards_are_digits(app: FastAPI, office: Office, zero: int) -> None:
    code = pyotp.TOTP(enrolled(office).totp_secret).now()
    native = "".join(chr(zero + int(one)) for one in code)
    assert sign_in(app, "s.rao", PASSWORD, native[:5])[1].status_code == 403
    assert sign_in(app, "s.rao", PASSWORD, native)[1].status_code == 303


@pytest.mark.parametrize("zero", [DEVANAGARI, WIDE, CIRCLED, 0x2160, 0xE9])
def test_no_form_of_a_code_reveals_whether_the_password_is_right(app: FastAPI, office: Office, zero: int) -> None:
    enrolled(office)
    code = "".join(chr(zero + at) for at in range(1, 7))
    answers = [sign_in(app, "s.rao", password, code)[1] for password in (PASSWORD, "wrong words of mine")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].text == answers[1].text
