"""Addresses of a scheduler: `tls://HOST:PORT`, and `tcp://` on the loopback interface only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sightline.errors import NotAllowed, UsageError
from sightline.loopback import is_loopback

PORT = 8786


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """The host and port of a scheduler, and whether the connection is encrypted."""

    host: str
    port: int
    is_encrypted: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.is_encrypted else 'tcp'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """The scheduler whose workers do a command's work, the folder of keys for it, and the clock of the command."""

    address: str
    keys: Path | None
    clock: Callable[[], datetime]


def parse_address(text: str) -> ClusterAddress:
    """Return an address. Raises UsageError for one that is none, and NotAllowed for `tcp://` to another machine."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refuse_address(text) from None
    is_bare = not (parts.path or parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"tls", "tcp"} or not host or not is_bare or port == 0:
        raise _refuse_address(text)
    cluster_address = ClusterAddress(host, port or PORT, parts.scheme == "tls")
    if not cluster_address.is_encrypted and not is_loopback(host):
        raise NotAllowed(
            f"{text}: tcp:// is not encrypted and is for this machine only",
            hint=f"make keys with sightline cluster create-keys, and use tls://{host}:{cluster_address.port}",
        )
    return cluster_address


def _refuse_address(text: str) -> UsageError:
    return UsageError(f"{text} is not the address of a scheduler", hint="for example tls://scheduler.example:8786")
