"""Parse the URL of an S3 bucket and find its credentials, which are never part of the URL.

`s3://BUCKET/PREFIX?endpoint=https://s3.example&region=ap-south-1&profile=NAME&allow_http=yes`; every option may be
omitted. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from a profile of ~/.aws/credentials
(AWS_SHARED_CREDENTIALS_FILE names another file), or from the container.
"""

from __future__ import annotations

import configparser
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from sightline.errors import UsageError
from sightline.loopback import is_loopback

OPTIONS = ("endpoint", "region", "profile", "allow_http")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_IN_CONTAINERS = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_EXAMPLE = "write it as s3://BUCKET/PREFIX?endpoint=https://s3.example&region=REGION"


@dataclass(frozen=True, slots=True)
class Address:
    """The location of a bucket and the prefix of our names in it."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str | None
    profile: str | None
    allow_http: bool

    def __str__(self) -> str:
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"s3://{'/'.join(filter(None, (self.bucket, self.prefix)))}{at}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An S3 key. Its repr is empty of secrets."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return "Credentials(...)"


def parse_bucket_address(url: str) -> Address:
    """Parse a bucket URL. Raises UsageError, which never repeats a possible secret."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    _refuse_secrets(parts.netloc, options)
    prefix = parts.path.strip("/")
    if not _BUCKET.fullmatch(parts.netloc) or parts.fragment or (prefix and not _PREFIX.fullmatch(prefix)):
        raise UsageError(f"s3://{parts.netloc}{parts.path} names no bucket and prefix", hint=_EXAMPLE)
    endpoint, allow_http = options.get("endpoint"), options.get("allow_http") == "yes"
    if endpoint is not None:
        _check_endpoint(endpoint, allow_http=allow_http)
    return Address(parts.netloc, prefix, endpoint, options.get("region"), options.get("profile"), allow_http)


def _refuse_secrets(netloc: str, options: dict[str, str]) -> None:
    if "@" in netloc or "@" in urlsplit(options.get("endpoint", "")).netloc:
        raise UsageError("the URL of the segments holds credentials", hint=_ELSEWHERE)
    if unknown := sorted(set(options) - set(OPTIONS)):
        hint = f"{_ELSEWHERE}; the options are {', '.join(OPTIONS)}"
        raise UsageError(f"the URL of the segments has options that are not known: {', '.join(unknown)}", hint=hint)


_ELSEWHERE = "give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile of ~/.aws/credentials"


def _check_endpoint(endpoint: str, *, allow_http: bool) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError(f"{endpoint} is not an S3 endpoint", hint=_EXAMPLE)
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
        raise UsageError(
            f"{endpoint} would send evidence over the network unencrypted",
            hint="use https, or add &allow_http=yes where the network is yours alone",
        )


def find_credentials(where: Address) -> Credentials | None:
    """Return the key for a bucket, or None where the client finds a container's own.

    Raises UsageError without a key.
    """
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if where.profile is None and key and secret:
        return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    if where.profile is None and any(name in os.environ for name in _IN_CONTAINERS):
        return None
    return _read_profile(where.profile or os.environ.get("AWS_PROFILE") or "default")


def _read_profile(name: str) -> Credentials:
    path = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profiles = configparser.RawConfigParser()
    try:
        profiles.read_string(path.read_text(encoding="utf-8"))
        section = profiles[name]
        return Credentials(
            section["aws_access_key_id"], section["aws_secret_access_key"], section.get("aws_session_token") or None
        )
    except OSError as error:
        raise UsageError(f"no credentials for S3: {path}: {error.strerror}", hint=_ELSEWHERE) from None
    except (KeyError, configparser.Error, UnicodeDecodeError):
        # The parser's message quotes the line, which may be the secret.
        raise UsageError(f"no credentials for S3: {path} has no whole profile {name}", hint=_ELSEWHERE) from None
