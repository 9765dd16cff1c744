"""URLs of sockets for dnstap: `dnstap:///run/sightline/dnstap.sock`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sightline.errors import UsageError

SCHEME = "dnstap://"


@dataclass(frozen=True, slots=True)
class DnstapUrl:
    """The path of a UNIX socket on which a watch listens."""

    path: Path

    def __str__(self) -> str:
        return f"{SCHEME}{self.path}"


def is_dnstap_url(text: str) -> bool:
    """Return whether an input is the URL of a socket for dnstap, right or wrong."""
    return text.startswith(SCHEME)


def parse_dnstap_url(text: str) -> DnstapUrl:
    """Return the socket of a URL. Raises UsageError for a path that is not absolute."""
    path = Path(text.removeprefix(SCHEME))
    if not path.is_absolute() or "\0" in text:
        raise UsageError(f"{text} is not the URL of a socket", hint="for example dnstap:///run/sightline/dnstap.sock")
    return DnstapUrl(path)
