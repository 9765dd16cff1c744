"""Officers learn by mail and webhook that they have news, and nothing else: over real sockets, with TLS and a login."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from sightline.casework.reference_data import issuers
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.services.doctor.check import Level
from sightline.services.notifications.delivery_state import DeliveryChannel, read_state
from sightline.services.notifications.failures import DeliveryFailure, FailureKind
from sightline.services.notifications.own_news import READ
from sightline.services.notifications.reachability import check_channels
from sightline.services.notifications.rounds import MOST_TRIES, WAITS_US, deliver_notifications, list_unread, send_test
from sightline.services.notifications.settings import NotificationSettings, WebhookSettings, read_settings
from sightline.storage.rows import IssuerKey
from tests.office import Office, found_office, now
from tests.servers.certificates import make_certificates
from tests.services.notifications.servers import Hook, Relay, hooked, serving, write_secret

PASSWORD = "correct-horse-battery"
SECRET = "a secret of twenty-one"
LATER = timedelta(minutes=20)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office in which officers asked for what others approved: they have news."""
    return found_office(tmp_path / "office")


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    make_certificates(tmp_path, "relay")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "relay.pem", tmp_path / "relay.key")
    with serving(Relay(context=context, login=("unit", PASSWORD))) as made:
        yield made


def waiting_ids(office: Office, at: datetime) -> list[str]:
    with office.workspace.read() as tables:
        return [message.message.officer_id for message in list_unread(tables, at)]


def mail_settings(folder: Path, relay: Relay, addresses: dict[str, str], more: str = "") -> NotificationSettings:
    write_secret(folder / "password", PASSWORD + "\n")
    recipients = "\n".join(f'{name} = "{address}"' for name, address in addresses.items())
    text = f"""
link = "https://sightline.unit.example/inbox"
every_minutes = 15
{more}
[mail]
host = "127.0.0.1"
port = {relay.port}
sender = "sightline@unit.example"
user = "unit"
password_file = "password"
ca = "ca.pem"
[mail.recipients]
{recipients}
"""
    (folder / "notifications.toml").write_text(text, encoding="utf-8")
    return read_settings(folder / "notifications.toml")


def test_each_officer_is_notified_once_over_tls_with_counts_and_no_case_details(
    office: Office, relay: Relay, tmp_path: Path
) -> None:
    at = now()
    ids = waiting_ids(office, at)
    addresses = {one: f"o{number}@unit.example" for number, one in enumerate(ids)}
    settings = mail_settings(tmp_path, relay, addresses)
    for passed in (timedelta(), timedelta(seconds=30), LATER):
        deliver_notifications(office.workspace, settings, at + passed)
    assert len(ids) > 1 and sorted(to for to, _ in relay.letters) == sorted(addresses.values())
    assert all(relay.was_encrypted)
    letters = [message_from_string(text, policy=default) for _, text in relay.letters]
    for letter in letters:
        body = letter.get_content()
        assert "new notification" in letter["Subject"] and "https://sightline.unit.example/inbox" in body
        assert all(word not in body + letter["Subject"] for word in ("AGENCY", "FIR", "approv", office.case.number))
    stored_bytes = b"".join(path.read_bytes() for path in office.workspace.folder.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in stored_bytes and PASSWORD not in repr(settings)


def test_officers_are_notified_only_of_unread_notifications(office: Office, relay: Relay, tmp_path: Path) -> None:
    at, io = now(), office.io
    settings = mail_settings(tmp_path, relay, {io.officer.officer_id: "io@unit.example"})
    office.workspace.append_to_journal(io.officer.officer_id, JournalVerb.VIEW_PAGE, READ, "", at)
    deliver_notifications(office.workspace, settings, at)
    assert relay.letters == []
    with office.workspace.read() as tables:
        key = tables[IssuerKey].select()[0]
    issuers.revoke(office[Role.SUPERVISOR], key.key_id, "the agency lost it")
    deliver_notifications(office.workspace, settings, now() + LATER)
    assert [to for to, _ in relay.letters] == ["io@unit.example"]
    assert "1 new notification" in relay.letters[0][1] and "lost" not in relay.letters[0][1]


def test_attempts_are_bounded_and_what_failed_is_named(office: Office, relay: Relay, tmp_path: Path) -> None:
    at, officer_id = now(), office.io.officer.officer_id
    settings = mail_settings(tmp_path, relay, {officer_id: "io@unit.example"})
    relay.refused.add("io@unit.example")
    for _ in range(MOST_TRIES + 3):
        deliver_notifications(office.workspace, settings, at)
        at += timedelta(microseconds=WAITS_US[-1])
    state = read_state(office.workspace.folder)[DeliveryChannel.MAIL]
    assert state.failures == {officer_id: DeliveryFailure(FailureKind.RECIPIENT, 550)}
    assert (state.given_up, state.sent) == (1, 0)
    relay.refused.clear()
    assert not send_test(office.workspace, settings, at)[DeliveryChannel.MAIL].is_failing
    assert "this is a test" in relay.letters[0][1]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ("password", FailureKind.LOGIN),
        ("ca", FailureKind.TLS),
        ("clear", FailureKind.TLS),
        ("gone", FailureKind.UNREACHABLE),
    ],
)
def test_a_failure_is_of_its_kind_and_nothing_goes_out_in_the_clear(
    office: Office, relay: Relay, tmp_path: Path, wrong: str, kind: FailureKind
) -> None:
    officer_id = office.io.officer.officer_id
    if wrong == "password":
        relay.login = ("unit", "another")
    if wrong == "clear":
        relay.context = None
    if wrong == "ca":
        (tmp_path / "other").mkdir()
        make_certificates(tmp_path / "other")
        (tmp_path / "ca.pem").write_bytes((tmp_path / "other" / "ca.pem").read_bytes())
    if wrong == "gone":
        relay.port = 1
    settings = mail_settings(tmp_path, relay, {officer_id: "io@unit.example"})
    (check,) = check_channels(settings)
    assert check.level is Level.WRONG and kind.value in check.what and PASSWORD not in check.what
    states = deliver_notifications(office.workspace, settings, now())
    assert states is not None and states[DeliveryChannel.MAIL].failures[officer_id].kind is kind
    assert relay.letters == []


def test_doctor_reaches_both_channels_and_sends_nothing(relay: Relay, tmp_path: Path) -> None:
    write_secret(tmp_path / "secret", SECRET)
    with hooked(Hook()) as hook:
        settings = mail_settings(tmp_path, relay, {"nair": "nair@unit.example"})
        webhook = WebhookSettings(f"http://127.0.0.1:{hook.port}/path", SECRET.encode())
        checks = check_channels(replace(settings, webhook=webhook))
    assert [check.level for check in checks] == [Level.OK, Level.OK]
    assert relay.letters == [] and hook.calls == [] and "/path" not in checks[1].what
    (gone,) = check_channels(replace(settings, mail=None, webhook=webhook))
    assert gone.level is Level.WRONG and "unreachable" in gone.what


def test_a_webhook_is_called_once_with_counts_and_a_signature(office: Office, tmp_path: Path) -> None:
    at = now()
    write_secret(tmp_path / "secret", SECRET)
    with hooked(Hook()) as hook:
        url = f"http://127.0.0.1:{hook.port}/told"
        text = f'link = "https://sightline.unit.example/"\n[webhook]\nurl = "{url}"\nsecret_file = "secret"\n'
        (tmp_path / "notifications.toml").write_text(text)
        settings = read_settings(tmp_path / "notifications.toml")
        hook.status = 307
        states = deliver_notifications(office.workspace, settings, at)
        assert states is not None and states[DeliveryChannel.WEBHOOK].is_failing and len(hook.calls) == 1, (
            "no redirect is followed"
        )
        hook.status = 204
        deliver_notifications(office.workspace, settings, at + LATER)
        deliver_notifications(office.workspace, settings, at + 2 * LATER)
    assert len(hook.calls) == 2
    headers, body = hook.calls[-1]
    message = json.loads(body)
    assert message.keys() == {"version", "exercise", "link", "officers"}
    assert {officer["officer"] for officer in message["officers"]} == set(waiting_ids(office, at))
    assert all(officer.keys() == {"officer", "new"} and officer["new"] > 0 for officer in message["officers"])
    seconds, given = (part.partition("=")[2] for part in headers["Sightline-Signature"].split(","))
    assert given == hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('link = "https://a.example/"', "names no way to send"),
        ('link = "http://a.example/"\n[webhook]', "the link is not an address with https"),
        (
            'link = "https://a.example/"\n[webhook]\nurl = "http://b.example/"\nsecret_file = "s"',
            "not an address with https",
        ),
        ('link = "https://a.example/"\n[webhook]\nurl = "https://u:p@b.example/"\nsecret_file = "s"', "holds a user"),
        (
            'link = "https://a.example/"\n[mail]\nhost = "m.example"\ntls = "none"\nsender = "a@b.example"',
            "not be encrypted",
        ),
        ('link = "https://a.example/"\n[mail]\nhost = "m.example"\npassword = "x"', "unknown key password"),
        (
            (
                'link = "https://a.example/"\n[mail]\nhost = "m"\nsender = "a@b.example\\nBcc: x"\n'
                'recipients = {a = "a@b.example"}'
            ),
            "not a mail address",
        ),
        ('link = "https://a.example/"\nevery_minutes = 0\n[mail]', "every_minutes is 0"),
        ("link", "not TOML"),
    ],
)
def test_wrong_settings_are_refused_with_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "notifications.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=says) as refused:
        read_settings(file)
    assert refused.value.hint


def test_a_secret_that_others_can_read_is_refused(relay: Relay, tmp_path: Path) -> None:
    mail_settings(tmp_path, relay, {"rao": "rao@unit.example"})
    (tmp_path / "password").chmod(0o644)
    with pytest.raises(NotAllowed, match="holds a secret"):
        read_settings(tmp_path / "notifications.toml")
