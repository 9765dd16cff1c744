"""The sign-in of a watch to a broker: a private TOML file that names the files of secrets."""

from __future__ import annotations

import ssl
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from sightline.errors import UsageError
from sightline.private_files import read_private_file, require_private_file

MOST_OF_FILE = 1 << 16
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """Files and names, and no secret. Relative paths are from the folder of the login's file.

    `ca`: PEM of who signed the server's certificate; without it, the system's. `certificate`, `key`: PEM of the client.
    `credentials`: a NATS credentials file. `mechanism`: of SASL, for Kafka.
    """

    user: str | None = None
    password_file: str | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    credentials: str | None = None
    mechanism: str = "SCRAM-SHA-512"

    @property
    def is_for_tls(self) -> bool:
        """Return whether it names a certificate."""
        return self.ca is not None or self.certificate is not None

    def read_password(self) -> str | None:
        """Return the password, read now. Raises NotAllowed if others can read its file."""
        if self.password_file is None:
            return None
        try:
            return read_private_file(Path(self.password_file), MOST_OF_FILE).rstrip(b"\r\n").decode()
        except (OSError, UnicodeDecodeError):
            raise UsageError(
                f"{self.password_file}: the password cannot be read", hint="write it there as one line of UTF-8"
            ) from None

    def build_tls_context(self) -> ssl.SSLContext:
        """Return a context that checks the server's name and certificate."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"the certificates of the broker's login cannot be read: {error}", hint="give PEM files"
            ) from None
        return context


def read_login(path: Path | None) -> BrokerLogin:
    """Return the login of a file; without one, of nobody. Raises UsageError for what is no login."""
    if path is None:
        return BrokerLogin()
    try:
        given = tomllib.loads(read_private_file(path, MOST_OF_FILE).decode())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give a TOML file that only this account can read") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML: {error}", hint='for example: user = "sightline"') from None
    names = {field.name for field in fields(BrokerLogin)}
    if not given.keys() <= names or not all(isinstance(value, str) for value in given.values()):
        raise UsageError(f"{path}: it has other keys than {', '.join(sorted(names))}", hint="each is a text")
    places = {name: str(path.parent / given[name]) for name in names & given.keys() - {"user", "mechanism"}}
    login = BrokerLogin(**(given | places))
    if login.mechanism not in MECHANISMS:
        raise UsageError(f"{path}: mechanism {login.mechanism}", hint=f"one of {', '.join(MECHANISMS)}")
    if (login.user is None) != (login.password_file is None) or (login.certificate is None) != (login.key is None):
        raise UsageError(
            f"{path}: user and password_file belong together, and certificate and key too", hint="give both or none"
        )
    for secret in (login.key, login.credentials, login.password_file):
        if secret is not None:
            _require_secret(Path(secret))
    return login


def _require_secret(path: Path) -> None:
    try:
        require_private_file(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="name a file that is there") from None
