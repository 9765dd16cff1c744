"""Settings of notifications outside the web app: a TOML file that names the files of secrets, and holds none."""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sightline.errors import UsageError
from sightline.loopback import is_loopback
from sightline.private_files import read_private_file
from sightline.translation.messages import LANGUAGES

MOST_OF_FILE = 1 << 16
LEAST_SECRET = 16
"""Least bytes of the secret that signs calls of the webhook."""
EVERY_MINUTES = 15
MAIL_KEYS = frozenset({"host", "port", "tls", "sender", "user", "password_file", "ca", "recipients"})
WEBHOOK_KEYS = frozenset({"url", "secret_file", "ca"})
KEYS = frozenset({"link", "language", "every_minutes", "mail", "webhook"})


class Tls(StrEnum):
    """The encryption of the connection to the mail relay."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"
    """Not at all: allowed on this machine alone."""


PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The unit's mail relay. `recipients`: the mail address of each officer, by sign-in name or id."""

    host: str
    port: int
    tls: Tls
    sender: str
    recipients: Mapping[str, str] = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None

    @property
    def place(self) -> str:
        """Return the host and the port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A service that is called with counts. `secret` signs each call."""

    url: str
    secret: bytes = field(repr=False)
    ca: Path | None = None

    @property
    def place(self) -> str:
        """Return the scheme, host and port: a path can hold a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """The settings of notifications: their channels. `link`: the address of the web app, which each message names."""

    link: str
    language: str = "en"
    every_s: float = EVERY_MINUTES * 60.0
    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None


def build_tls_context(ca: Path | None) -> ssl.SSLContext:
    """Return a context that checks name and certificate of a server. Raises OSError for a file that is no PEM."""
    context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def read_settings(path: Path) -> NotificationSettings:
    """Return the settings of a file, with its secrets. Raises UsageError, and NotAllowed for secrets open to others."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give a TOML file with link and mail or webhook") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: this is not TOML: {error}", hint='for example: link = "https://HOST/"') from None
    _require_keys(path, "the file", given, KEYS)
    notification_settings = NotificationSettings(
        _read_link(path, given),
        _read_choice(path, given, "language", "en", list(LANGUAGES)),
        60.0 * _read_number(path, given, "every_minutes", EVERY_MINUTES, 24 * 60),
        _read_mail(path, _read_table(path, given, "mail")),
        _read_webhook(path, _read_table(path, given, "webhook")),
    )
    if notification_settings.mail is None and notification_settings.webhook is None:
        raise _build_error(path, "it names no way to send", "add a table [mail] or [webhook]")
    return notification_settings


def _read_mail(path: Path, given: Mapping[str, Any] | None) -> MailSettings | None:
    if given is None:
        return None
    _require_keys(path, "mail", given, MAIL_KEYS)
    host, tls = _read_text(path, given, "host"), Tls(_read_choice(path, given, "tls", Tls.STARTTLS.value, list(Tls)))
    if tls is Tls.NONE and not is_loopback(host):
        raise _build_error(path, f"mail to {host} would not be encrypted", 'set tls = "starttls" or tls = "implicit"')
    if ("user" in given) != ("password_file" in given):
        raise _build_error(path, "user and password_file belong together", "give both or none")
    user = _read_text(path, given, "user") if "user" in given else None
    password = None
    if user is not None:
        password = _read_secret(path, given, "password_file").decode(errors="replace")
    recipients = given.get("recipients")
    if not isinstance(recipients, dict) or not recipients:
        raise _build_error(
            path, "mail has no recipients", 'add [mail.recipients] with lines such as nair = "nair@HOST"'
        )
    addresses = {name: _read_mail_address(path, text) for name, text in recipients.items()}
    sender, port = _read_mail_address(path, given.get("sender")), _read_number(path, given, "port", PORTS[tls], 65_535)
    return MailSettings(host, port, tls, sender, addresses, user, password, _read_ca(path, given))


def _read_webhook(path: Path, given: Mapping[str, Any] | None) -> WebhookSettings | None:
    if given is None:
        return None
    _require_keys(path, "webhook", given, WEBHOOK_KEYS)
    url = _read_text(path, given, "url")
    _require_url(path, url, "the URL of the webhook")
    secret = _read_secret(path, given, "secret_file")
    if len(secret) < LEAST_SECRET:
        raise _build_error(path, "the secret of the webhook is too short", f"give at least {LEAST_SECRET} characters")
    return WebhookSettings(url, secret, _read_ca(path, given))


def _read_link(path: Path, given: Mapping[str, Any]) -> str:
    link = _read_text(path, given, "link")
    _require_url(path, link, "the link")
    return link


def _require_url(path: Path, url: str, name: str) -> None:
    """Raise UsageError unless a URL is encrypted, or of this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    is_open = parts.scheme == "http" and is_loopback(host)
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not host or port == 0 or not is_plain or not (parts.scheme == "https" or is_open):
        raise _build_error(path, f"{name} is not an address with https", "give it as https://HOST/PATH")
    if "@" in parts.netloc:
        raise _build_error(path, f"{name} holds a user or a password", "leave them out")


def _read_mail_address(path: Path, text: object) -> str:
    """Return a mail address. Raises UsageError for another text, also for one that would begin a header."""
    try:
        if isinstance(text, str) and text.isascii() and text.isprintable():
            address = Address(addr_spec=text)
            if address.username and address.domain:
                return address.addr_spec
    except (ValueError, IndexError):
        pass
    raise _build_error(
        path, "it has a text that is not a mail address", 'for example: sender = "sightline@unit.example"'
    )


def _read_secret(path: Path, given: Mapping[str, Any], key: str) -> bytes:
    file = path.parent / _read_text(path, given, key)
    try:
        return read_private_file(file, MOST_OF_FILE).rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", hint="write the secret there as one line") from None


def _read_ca(path: Path, given: Mapping[str, Any]) -> Path | None:
    if "ca" not in given:
        return None
    file = path.parent / _read_text(path, given, "ca")
    try:
        build_tls_context(file)
    except OSError:
        raise UsageError(f"{file}: the certificates cannot be read", hint="give a PEM file") from None
    return file


def _read_table(path: Path, given: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    table = given.get(key)
    if table is not None and not isinstance(table, dict):
        raise _build_error(path, f"{key} is not a table", f"begin it with [{key}]")
    return table


def _read_text(path: Path, given: Mapping[str, Any], key: str) -> str:
    text = given.get(key)
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise _build_error(path, f"{key} is missing, or not a text", f'add {key} = "..."')
    return text.strip()


def _read_choice(path: Path, given: Mapping[str, Any], key: str, default: str, choices: list[str]) -> str:
    chosen = given.get(key, default)
    if chosen not in choices:
        raise _build_error(path, f"{key} is {chosen}", f"give one of {', '.join(choices)}")
    return str(chosen)


def _read_number(path: Path, given: Mapping[str, Any], key: str, default: int, most: int) -> int:
    number = given.get(key, default)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        raise _build_error(path, f"{key} is {number}", f"give a whole number from 1 to {most:,}")
    return number


def _require_keys(path: Path, name: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(given.keys() - known):
        raise _build_error(path, f"{name} has an unknown key {unknown[0]}", f"known are {', '.join(sorted(known))}")


def _build_error(path: Path, what: str, hint: str) -> UsageError:
    return UsageError(f"{path}: {what}", hint=hint)
