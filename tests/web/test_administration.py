"""Administration through real HTTP: enrolling and revoking, one's own account, sessions, recovery, and
the rest of it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pyrage
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from sightline.casework import decisions
from sightline.casework.oversight import backups
from sightline.casework.people import accounts, code_keys, recovery
from sightline.errors import NotAllowed
from sightline.ledger.entry import Entry, compute_key_id
from sightline.ledger.instants import to_microseconds
from sightline.model import DatasetKind, Role
from sightline.storage import rows
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables
from sightline.web.app import AppConfig, create_app
from sightline.workspace import keys
from sightline.workspace.encryption import is_encrypted
from sightline.workspace.unit_keys import derive_unit_recipient
from tests.office import Office
from tests.web.conftest import Browser, SignIn

pytestmark = pytest.mark.usefixtures("quick_passwords")
PASSWORD, OTHER = "four words make it", "another five words make it"
ADMINISTRATOR, SUPERVISOR, AUDITOR = Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR
EVIL = "<script>alert(1)</script>\u202eevil"


def entries(office: Office, verb: str) -> list[Entry]:
    with office.workspace.read() as tables:
        return [Entry.read(ledger_row.entry_json.encode()) for ledger_row in tables[rows.LedgerRow].select(verb=verb)]


def journal(office: Office, verb: str) -> list[rows.StoredJournalRow]:
    with office.workspace.read() as tables:
        return tables[rows.StoredJournalRow].select(verb=verb)


def enrol(browser: Browser, public: bytes, **other: str) -> Response:
    fields = {
        "name": "N. Thomas",
        "role": "analyst",
        "unit": "Cyber Cell",
        "designation": "Constable",
        "why": "joined as the order says",
    }
    answer: Response = browser.client.post(
        "/administration/officers",
        data=fields | other | {"form_token": browser.token()},
        files={"public": ("n-thomas.pub", public)},
        follow_redirects=False,
    )
    return answer


def test_an_officer_is_enrolled_by_two_from_the_public_key_that_was_brought(signed_in: SignIn, office: Office) -> None:
    private = keys.make_signing_key()
    answer = enrol(signed_in(ADMINISTRATOR), keys.format_public_key(private.public_key(), "n-thomas").encode())
    assert (answer.status_code, answer.headers["location"]) == (303, "/approvals")
    asked = entries(office, "approval:asked")[-1]
    assert asked.actor == office[ADMINISTRATOR].officer.officer_id
    with office.workspace.read() as tables:
        waiting = tables[rows.Approval].get(asked.thing.partition(":")[2])
    assert waiting is not None and json.loads(waiting.request_json)["role"] == "analyst"
    decisions.decide(office.supervisor, waiting.approval_id, give=True, why="compared as the order says")
    page = signed_in(AUDITOR).get("/administration/officers").text
    assert "N. Thomas" in page and compute_key_id(private.public_key().public_bytes_raw()) in page


@pytest.mark.parametrize("public", [b"not a key", b"x" * 100_000, b"-----BEGIN OPENSSH PRIVATE KEY-----\n"])
def test_an_invalid_public_key_is_reported_beside_the_form_and_changes_nothing(
    signed_in: SignIn, office: Office, public: bytes
) -> None:
    before = len(entries(office, "approval:asked"))
    answer = enrol(signed_in(ADMINISTRATOR), public, name=EVIL, why="joined & sworn as the order says")
    assert answer.status_code == 422 and "not a public key" in answer.text
    assert ">joined &amp; sworn as the order says</textarea>" in answer.text and 'value="Constable"' in answer.text
    assert "<script>alert" not in answer.text and "\u202e" not in answer.text
    assert len(entries(office, "approval:asked")) == before


def test_two_approvals_of_one_kind_are_distinguished_in_the_list(signed_in: SignIn) -> None:
    administrator, called = signed_in(ADMINISTRATOR), ("N. Thomas", "P. Nair")
    for name in called:
        enrol(administrator, keys.format_public_key(keys.make_signing_key().public_key(), "new").encode(), name=name)
    page = signed_in(SUPERVISOR).get("/approvals").text
    assert all(f">{name}</a>" in page for name in called)


def test_a_revoked_key_ends_the_sessions_of_its_officer(signed_in: SignIn, office: Office) -> None:
    whose = signed_in(Role.INVESTIGATING_OFFICER)
    key = office.io.signer.key_id
    administrator = signed_in(ADMINISTRATOR)
    assert office.io.officer.name in administrator.get(f"/administration/officers/{key}/revoke").text
    answer = administrator.post(f"/administration/officers/{key}/revoke", why="laptop stolen on duty")
    assert answer.status_code == 303
    entry = entries(office, "key:revoked")[-1]
    assert (entry.thing, entry.actor) == (f"key:{key}", office[ADMINISTRATOR].officer.officer_id)
    assert whose.get("/").headers["location"].startswith("/sign-in")
    assert "the key was revoked" in str(journal(office, "login:ended"))


def test_an_officer_without_permission_sees_no_links_and_is_refused(signed_in: SignIn, office: Office) -> None:
    auditor = signed_in(AUDITOR)
    page = auditor.get("/administration/officers").text
    assert "/revoke" not in page and "/administration/officers/new" not in page
    for path in ("/administration/recovery", "/administration/backups", "/administration/officers/new"):
        answer = auditor.get(path)
        assert answer.status_code == 403 and "J-" in answer.text, path
    key = office.io.signer.key_id
    assert auditor.post(f"/administration/officers/{key}/revoke", why="x as the order says").status_code == 403
    with office.workspace.read() as tables:
        officer_key = tables[rows.OfficerKey].get(key)
    assert officer_key is not None and officer_key.revoked_at_us is None


def test_an_officer_changes_the_password_and_every_other_session_ends(
    app: FastAPI, signed_in: SignIn, office: Office
) -> None:
    made = accounts.create_account(office.io, "s.rao", PASSWORD)
    here, elsewhere = (signed_in(Role.INVESTIGATING_OFFICER) for _ in range(2))
    assert "s.rao" in here.get("/administration/account").text
    path = "/administration/account/password"
    wrong = here.post(path, current="not this", password=OTHER, again=OTHER)
    assert wrong.status_code == 422 and "This is not your password" in wrong.text
    assert len(journal(office, "login:failed")) == 1
    assert here.post(path, current=PASSWORD, password=OTHER, again=OTHER + "!").status_code == 422
    assert here.post(path, current=PASSWORD, password="short", again="short").status_code == 422
    assert here.post(path, current=PASSWORD, password=OTHER, again=OTHER).status_code == 303
    assert here.get("/").status_code == 200 and elsewhere.get("/").status_code == 303
    totp, now = pyotp.TOTP(made.totp_secret), datetime.now(UTC)
    with pytest.raises(NotAllowed):
        accounts.sign_in(office.workspace, "s.rao", PASSWORD, totp.at(now), now)
    assert accounts.sign_in(office.workspace, "s.rao", OTHER, totp.at(now), now).officer == office.io.officer
    assert entries(office, "account:changed")[-1].actor == office.io.officer.officer_id


def test_five_wrong_passwords_on_the_own_page_lock_the_account_too(signed_in: SignIn, office: Office) -> None:
    made, now = accounts.create_account(office.io, "s.rao", PASSWORD), datetime.now(UTC)
    here = signed_in(Role.INVESTIGATING_OFFICER)
    for _ in range(5):
        here.post("/administration/account/authenticator", current="guess")
    assert here.post("/administration/account/authenticator", current=PASSWORD).status_code == 422
    with pytest.raises(NotAllowed):
        accounts.sign_in(office.workspace, "s.rao", PASSWORD, pyotp.TOTP(made.totp_secret).at(now), now)


def test_a_new_authenticator_appears_once_and_the_old_one_stops_working(signed_in: SignIn, office: Office) -> None:
    made, now = accounts.create_account(office.io, "s.rao", PASSWORD), datetime.now(UTC)
    here = signed_in(Role.INVESTIGATING_OFFICER)
    page = here.post("/administration/account/authenticator", current=PASSWORD).text
    secret = re.search(r'class="hash">([A-Z2-7]{32})<', page)
    assert secret and "data:image/svg" in page and secret[1] != made.totp_secret
    assert secret[1] not in here.get("/administration/account").text
    with pytest.raises(NotAllowed):
        accounts.sign_in(office.workspace, "s.rao", PASSWORD, pyotp.TOTP(made.totp_secret).at(now), now)
    accounts.sign_in(office.workspace, "s.rao", PASSWORD, pyotp.TOTP(secret[1]).at(now), now)


def test_an_officer_signed_in_by_a_link_creates_only_one_account(signed_in: SignIn, office: Office) -> None:
    here = signed_in(Role.ANALYST)
    path = "/administration/account/new"
    assert here.post(path, name="!", password=PASSWORD, again=PASSWORD).status_code == 422
    answer = here.post(path, name="a.nair", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 200 and "data:image/svg" in answer.text
    assert entries(office, "account:made")[-1].actor == office[Role.ANALYST].officer.officer_id
    assert here.post(path, name="b.nair", password=OTHER, again=OTHER).status_code == 403


def test_a_session_is_ended_by_its_officer_and_by_the_administrator_alone(
    app: FastAPI, signed_in: SignIn, office: Office
) -> None:
    one, two = (signed_in(Role.ANALYST) for _ in range(2))
    other = signed_in(AUDITOR)

    def ids(officer: str) -> list[str]:
        return [each.session_id for each in app.state.live_sessions.open_ones() if each.officer_id == officer]

    analyst = office[Role.ANALYST].officer.officer_id
    assert len(ids(analyst)) == 2
    for id_ in ids(analyst):
        assert other.post(f"/administration/sessions/{id_}/end", why="x as the order says").status_code == 403
        assert other.post(f"/administration/account/sessions/{id_}/end").status_code == 404
    newest = ids(analyst)[0]
    assert one.post(f"/administration/account/sessions/{newest}/end").status_code == 303
    assert two.get("/").status_code == 303 and one.get("/").status_code == 200
    last = ids(analyst)[0]
    administrator = signed_in(ADMINISTRATOR)
    assert last in administrator.get("/administration/sessions").text
    assert administrator.post(f"/administration/sessions/{last}/end", why="left the desk").status_code == 303
    assert one.get("/").status_code == 303
    assert "left the desk" in str(journal(office, "login:ended"))


def test_an_account_is_asked_for_with_the_key_that_its_officer_made(signed_in: SignIn, office: Office) -> None:
    accounts.create_account(office.io, "s.rao", PASSWORD)
    whom, new = office.io.officer.officer_id, code_keys.make_code_key()
    asked = signed_in(SUPERVISOR)
    for key in ("", "no key", new.code):
        refused = asked.post("/administration/recovery", officer=whom, key=key, why="lost the telephone")
        assert refused.status_code == 400
    page = asked.post("/administration/recovery", officer=whom, key=new.public, why="lost the telephone")
    assert page.status_code == 303
    shown_text = asked.get("/administration/recovery").text
    assert (
        "waiting for another officer" in shown_text
        and "lost the telephone" in shown_text
        and new.code not in shown_text
    )
    with office.workspace.read() as tables:
        (waiting,) = recovery.list_under_way(tables, to_microseconds(datetime.now(UTC)))
    decided = signed_in(ADMINISTRATOR)
    assert new.key_id in decided.get(f"/approvals/{waiting.approval.approval_id}").text
    answer = decided.post(f"/approvals/{waiting.approval.approval_id}", decision="give", why="met him and compared")
    assert answer.status_code == 303
    recovery.recover(office.workspace, "s.rao", new.code, "another four words", datetime.now(UTC))


def test_a_data_set_says_until_when_it_speaks(signed_in: SignIn, office: Office) -> None:
    day_us, now_us = 86_400_000_000, int(datetime.now(UTC).timestamp()) * 1_000_000
    by = office.io.officer.officer_id
    old = rows.Dataset(
        "a" * 64,
        EVIL,
        DatasetKind.CITY,
        now_us - 200 * day_us,
        None,
        "mmdb",
        5,
        "{}",
        92,
        "{}",
        "d/a",
        "0" * 64,
        1,
        now_us,
        by,
    )
    new = replace(old, dataset_id="b" * 64, name="fresh", dated_us=now_us - day_us)
    with run_transaction(office.workspace.engine, writes=True) as connection:
        Tables(connection)[rows.Dataset].add(old, new)
    page = signed_in(ADMINISTRATOR).get("/administration/datasets").text
    assert "1 data set is too old" in page and "used for today&#39;s visits" in page
    assert "<script>alert" not in page


def test_a_backup_is_made_in_the_folder_that_was_chosen_and_the_ledger_tells_of_it(
    office: Office, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    app = create_app(AppConfig(office.workspace, backups=vault))
    identity = pyrage.x25519.Identity.generate()
    backups.add_recipient(office[ADMINISTRATOR], str(identity.to_public()), "safe of the SP")
    approve_recipient(office)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.cookies.set("sightline", app.state.live_sessions.begin(office[ADMINISTRATOR], "test"))
        browser = Browser(client)
        assert "Make a backup now" in browser.get("/administration/backups").text
        assert browser.post("/administration/backups").status_code == 303
        app.state.jobs["backup"].join(60)
        page = browser.get("/administration/backups").text
    assert app.state.jobs["backup"].failed is None
    entry = entries(office, "backup:made")[-1]
    assert entry.actor == office[ADMINISTRATOR].officer.officer_id
    assert entry.thing.partition(":")[2] in page and len(list(vault.glob("*.tar"))) == 0
    (made,) = vault.glob("*.tar.age")
    assert is_encrypted(made) and "safe of the SP" in page


def approve_recipient(office: Office) -> None:
    """The supervisor approves the recipient that waits."""
    with office.workspace.read() as tables:
        (asked,) = backups.list_asked_recipients(tables, to_microseconds(office.supervisor.clock()))
    assert decisions.decide(office.supervisor, asked.approval_id, give=True, why="met at the safe of the SP").done


@contextmanager
def served_with(office: Office, folder: Path) -> Iterator[tuple[FastAPI, Browser]]:
    """The administrator at a web app with a folder for backups."""
    app = create_app(AppConfig(office.workspace, backups=folder))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.cookies.set("sightline", app.state.live_sessions.begin(office[ADMINISTRATOR], "test"))
        yield app, Browser(client)


def test_a_backup_is_prepared_made_and_checked_without_a_terminal(office: Office, tmp_path: Path) -> None:
    with served_with(office, tmp_path) as (app, browser):
        page = browser.get("/administration/backups/recipients/new").text
        secret, recipient = re.search(r"AGE-SECRET-KEY-1[A-Z0-9]+", page), re.search(r'value="(age1[a-z0-9]+)"', page)
        assert secret and recipient
        added = browser.post("/administration/backups/recipients", recipient=recipient[1], name="safe of the SP")
        page = browser.get("/administration/backups").text
        assert added.status_code == 303 and secret[0] not in page
        assert "No backup is encrypted to it before another officer approves" in page
        assert "Recipient waits for a second officer: safe of the SP" in page
        assert browser.post("/administration/backups").status_code == 400 and not list(tmp_path.glob("*.age"))
        approve_recipient(office)
        assert "waits for a second officer" not in browser.get("/administration/backups").text
        assert browser.post("/administration/backups").status_code == 303
        app.state.jobs["backup"].join(60)
        (made,) = tmp_path.glob("*.tar.age")
        page = check(app, browser, made, secret[0])
        assert "being checked" not in page, "the check is over"
        assert ("backup:check-begun", made.name) in journal_rows(office)
        assert "the ledger names this backup" in page and secret[0] not in page
        other = str(pyrage.x25519.Identity.generate())
        assert "the ledger names this backup" not in check(app, browser, made, other)
        assert app.state.jobs["backup-check"].failed
        content = bytearray(made.read_bytes())
        content[-100] ^= 1
        made.write_bytes(content)
        assert "the ledger names this backup" not in check(app, browser, made, secret[0])
        assert app.state.jobs["backup-check"].failed
    entry = entries(office, "backup:recipient-added")[-1]
    assert entry.actor == office.supervisor.officer.officer_id and "approval" in entry.facts


def journal_rows(office: Office) -> list[tuple[str, str]]:
    with office.workspace.read() as tables:
        return [(row.verb, row.text or "") for row in tables[rows.StoredJournalRow].select()]


def test_recipients_can_be_removed_where_no_folder_for_backups_is_set(signed_in: SignIn, office: Office) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    backups.add_recipient(office[ADMINISTRATOR], recipient, "safe of the SP")
    approve_recipient(office)
    page = signed_in(ADMINISTRATOR).get("/administration/backups").text
    assert f"/administration/backups/recipients/{recipient}/remove" in page and "Make a backup now" not in page


def check(app: FastAPI, browser: Browser, file: Path, secret: str) -> str:
    answer = browser.post("/administration/backups/check", file=file.name, identity=secret)
    assert answer.status_code == 303
    app.state.jobs["backup-check"].join(60)
    text: str = browser.get("/administration/backups").text
    return text


def test_only_backups_of_the_folder_are_checked_and_only_with_a_secret_key(office: Office, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (tmp_path / "other.tar.age").write_bytes(b"x")
    (vault / "own.tar.age").write_bytes(b"age-encryption.org/v1\n")
    secret = str(pyrage.x25519.Identity.generate())
    with served_with(office, vault) as (app, browser):
        wrong = [("../other.tar.age", secret), ("/etc/passwd", secret), ("none.tar.age", secret), ("own.tar.age", "x")]
        for file, identity in wrong:
            answer = browser.post("/administration/backups/check", file=file, identity=identity)
            assert answer.status_code == 400 and secret not in answer.text
        assert not app.state.jobs.get("backup-check") or app.state.jobs["backup-check"].begun is None


def test_a_wrong_recipient_is_told_and_a_removed_one_gets_no_later_backup(office: Office, tmp_path: Path) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    path = "/administration/backups/recipients"
    with served_with(office, tmp_path) as (_, browser):
        for wrong, name in (("age1none", "safe"), (derive_unit_recipient(office.workspace), "safe"), (recipient, " ")):
            answer = browser.post(path, recipient=wrong, name=name)
            assert answer.status_code == 422 and "AGE-SECRET-KEY" not in answer.text
        assert browser.post(path, recipient=recipient, name="safe of the SP").status_code == 303
        approve_recipient(office)
        assert "safe of the SP" in browser.get(f"{path}/{recipient}/remove").text
        assert browser.post(f"{path}/{recipient}/remove", why="the safe was given up").status_code == 303
        assert browser.get(f"{path}/{recipient}/remove").status_code == 400
        assert browser.post("/administration/backups").status_code == 400
    assert not list(tmp_path.glob("*.age"))


def test_without_a_recipient_no_backup_is_made_on_a_page(office: Office, tmp_path: Path) -> None:
    app = create_app(AppConfig(office.workspace, backups=tmp_path))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.cookies.set("sightline", app.state.live_sessions.begin(office[ADMINISTRATOR], "test"))
        browser = Browser(client)
        assert "no recipient is set yet" in browser.get("/administration/backups").text
        assert browser.post("/administration/backups").status_code == 400
    assert not list(tmp_path.glob("sightline-*"))


def test_without_a_folder_nothing_is_written(signed_in: SignIn) -> None:
    browser = signed_in(ADMINISTRATOR)
    assert "sightline serve --backups" in browser.get("/administration/backups").text
    assert browser.post("/administration/backups").status_code == 400


@pytest.mark.parametrize("language", ["en", "hi", "ml"])
def test_every_page_opens_in_every_language(signed_in: SignIn, language: str) -> None:
    browser = signed_in(ADMINISTRATOR)
    browser.client.cookies.set("language", language)
    for name in (
        "",
        "/account",
        "/officers",
        "/officers/new",
        "/roles",
        "/sessions",
        "/recovery",
        "/datasets",
        "/backups",
        "/backups/recipients/new",
        "/doctor",
        "/terminal",
    ):
        answer = browser.get(f"/administration{name}")
        assert answer.status_code == 200 and f'<html lang="{language}"' in answer.text, name
        assert 'aria-current="page"' in answer.text


def test_a_session_idle_for_half_an_hour_is_not_listed(app: FastAPI, signed_in: SignIn, office: Office) -> None:
    signed_in(Role.ANALYST)
    idle_us = int((datetime.now(UTC) - timedelta(minutes=31)).timestamp()) * 1_000_000
    row = app.state.live_sessions.open_ones()[0]
    with run_transaction(office.workspace.engine, writes=True) as connection:
        Tables(connection)[rows.WebSession].put(replace(row, seen_at_us=idle_us))
    assert row.session_id not in signed_in(ADMINISTRATOR).get("/administration/sessions").text


RETENTION = "/administration/retention"
KEEP = {"days": "730", "why": "keeping time of leads, order 7/2026"}


def test_two_officers_set_the_retention_of_lead_papers(signed_in: SignIn, office: Office) -> None:
    asks, decides = signed_in(Role.CUSTODIAN), signed_in(SUPERVISOR)
    before = len(entries(office, "approval:asked"))
    for days, why in (("0", KEEP["why"]), ("x", KEEP["why"]), ("9" * 30, KEEP["why"]), ("730", "because")):
        answer = asks.post(RETENTION, days=days, why=why)
        assert answer.status_code == 422 and f'value="{days}"' in answer.text
    assert signed_in(Role.ANALYST).post(RETENTION, **KEEP).status_code == 403
    assert len(entries(office, "approval:asked")) == before

    assert asks.post(RETENTION, **KEEP).headers["location"] == RETENTION
    assert "730 days" in asks.get(RETENTION).text
    with office.workspace.read() as tables:
        (waiting,) = tables[rows.Approval].select(thing="retention-period:leads")
    shown_text = decides.get(f"/approvals/{waiting.approval_id}").text
    assert ">730<" in re.sub(r"\s", "", shown_text) and "destroy what is kept" not in shown_text
    assert asks.post(f"/approvals/{waiting.approval_id}", decision="give", why=KEEP["why"]).status_code == 403
    decides.post(f"/approvals/{waiting.approval_id}", decision="give", why="as the order 7/2026 says")

    assert 'value="730"' in asks.get(RETENTION).text
    asks.post(RETENTION, days="30", why=KEEP["why"])
    assert entries(office, "retention:set") == [], "730 days were approved, and not thirty"
    asks.post(RETENTION, days="७३०", why=KEEP["why"])
    asks.post(RETENTION, **KEEP)
    assert len(entries(office, "retention:set")) == 1, "what was approved serves once"
    with office.workspace.read() as tables:
        period = tables[rows.RetentionPeriod].get("leads")
    assert period is not None and (period.days, period.why) == (730, KEEP["why"])
    assert office[Role.CUSTODIAN].officer.name in asks.get(RETENTION).text
