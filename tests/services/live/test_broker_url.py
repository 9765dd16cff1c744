"""URLs of streams and the files of logins: what is wrong is refused before anything is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.errors import NotAllowed, UsageError
from sightline.services.live.brokers.broker_login import BrokerLogin, read_login
from sightline.services.live.brokers.url import parse_broker_url


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("nats://localhost/FEED", "nats://localhost:4222/FEED"),
        ("nats://localhost:4222/FEED?subject=dns.%3E", "nats://localhost:4222/FEED?subject=dns.>"),
        ("kafka://[::1],b.example:9/a.b-c_d", "kafka://[::1]:9092,b.example:9/a.b-c_d"),
    ],
)
def test_one_stream_has_one_name(text: str, same: str) -> None:
    assert str(parse_broker_url(text)) == same == str(parse_broker_url(same))


@pytest.mark.parametrize(
    "text",
    [
        "nats://HOST",
        "nats:///FEED",
        "nats://localhost/FEED/more",
        "nats://localhost/FEED*",
        "nats://localhost/FEED?subject=a%20b",
        "nats://localhost/FEED?subject=a%0d%0aPUB",
        "nats://localhost/FEED?subject=a&subject=b",
        "nats://localhost/FEED?tls=off",
        "nats://localhost:0/FEED",
        "nats://localhost:99999/FEED",
        "nats://localhost/FEED#x",
        "kafka://localhost/topic?subject=a",
        "kafka://a,,b/topic",
        "kafka://[::1/topic",
    ],
)
def test_a_text_that_is_no_stream_url_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not the URL of a stream"):
        parse_broker_url(text)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="user or a password") as refused:
        parse_broker_url("kafka://feed:correct-horse@localhost/topic")
    assert "correct-horse" not in f"{refused.value}{refused.value.hint}"


def test_only_the_loopback_interface_is_spoken_to_without_tls() -> None:
    assert parse_broker_url("kafka://localhost,127.0.0.1,[::1]/t").is_local
    assert not parse_broker_url("kafka://localhost,192.0.2.7/t").is_local


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('user = "feed"', "belong together"),
        ('certificate = "a.pem"', "belong together"),
        ('password = "secret"', "other keys"),
        ("user = 1", "other keys"),
        ('mechanism = "GSSAPI"', "mechanism GSSAPI"),
        ("user =", "no TOML"),
        ('user = "feed"\npassword_file = "absent"', "name a file|No such file"),
    ],
)
def test_a_login_that_is_none_is_refused(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "login.toml"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(UsageError, match=what):
        read_login(file)


def test_keys_and_passwords_that_others_can_read_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "login.toml"
    file.write_text('certificate = "feed.pem"\nkey = "feed.key"\n')
    file.chmod(0o600)
    (tmp_path / "feed.key").write_text("key")
    (tmp_path / "feed.key").chmod(0o644)
    with pytest.raises(NotAllowed, match=r"feed\.key holds a secret"):
        read_login(file)
    (tmp_path / "feed.key").chmod(0o600)
    assert read_login(file) == BrokerLogin(certificate=str(tmp_path / "feed.pem"), key=str(tmp_path / "feed.key"))
    file.chmod(0o640)
    with pytest.raises(NotAllowed, match=r"login\.toml holds a secret"):
        read_login(file)
