"""Why a message could not be sent: a kind and a code of the server, never a text of the server or a secret."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """A kind of failure that an administrator can act on."""

    UNREACHABLE = "unreachable"
    """The server does not answer at this address, or not in time."""
    TLS = "tls"
    """The server's certificate is not trusted, or it offers no encryption."""
    LOGIN = "login"
    """The server refuses the user or the password."""
    SENDER = "sender"
    """The server refuses the sender, or the message as a whole."""
    RECIPIENT = "recipient"
    """The server refuses the address of an officer."""
    ANSWER = "answer"
    """The server answers with an error, or not by the protocol."""


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """A failure. `code`: the number that the server answered, or None."""

    kind: FailureKind
    code: int | None = None


@dataclass(frozen=True, slots=True)
class OfficerMessage:
    """A message to one officer with the `count` of new notifications. `name`: the officer's sign-in name or id."""

    officer_id: str
    name: str
    count: int


Failures = Mapping[str, DeliveryFailure]
"""The failure of each officer whose message was not sent, by officer id."""


def build_failure(error: OSError) -> DeliveryFailure:
    """Return the failure of a connection."""
    return DeliveryFailure(FailureKind.TLS if isinstance(error, ssl.SSLError) else FailureKind.UNREACHABLE)
