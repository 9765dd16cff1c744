"""URLs of streams: `nats://HOST:PORT/STREAM?subject=SUBJECT` and `kafka://HOST:PORT,HOST:PORT/TOPIC`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlsplit

from sightline.errors import UsageError
from sightline.loopback import is_loopback

STREAM = re.compile(r"[A-Za-z0-9._-]{1,249}")
SUBJECT = re.compile(r"[^\s\x00-\x1f\x7f]{1,255}")
SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?")
FORM = "nats://HOST/STREAM?subject=SUBJECT, or kafka://HOST:9092/TOPIC"


class Broker(StrEnum):
    """The kinds of brokers."""

    NATS = "nats"
    KAFKA = "kafka"


PORTS = {Broker.NATS: 4222, Broker.KAFKA: 9092}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A stream of a broker. `servers`: each `HOST:PORT`. `subject`: only messages of it, or None for all."""

    broker: Broker
    servers: tuple[str, ...]
    stream: str
    subject: str | None = None

    def __str__(self) -> str:
        subject = "" if self.subject is None else f"?subject={quote(self.subject, safe='.*>')}"
        return f"{self.broker}://{','.join(self.servers)}/{self.stream}{subject}"

    @property
    def is_local(self) -> bool:
        """Return whether all servers are this machine's loopback interface."""
        return all(is_loopback(server.rpartition(":")[0].strip("[]")) for server in self.servers)


def is_broker_url(text: str) -> bool:
    """Return whether an input is the URL of a broker, right or wrong."""
    return text.partition("://")[0] in set(Broker) and "://" in text


def parse_broker_url(text: str) -> BrokerUrl:
    """Return the stream of a URL. Raises UsageError for one that is none, or that holds a user or a password."""
    try:
        parts = urlsplit(text)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise _refuse_url(text) from None
    if "@" in parts.netloc:
        raise UsageError(
            "the URL of a broker holds a user or a password, which others would see",
            hint="put them into a file that only you can read, and name it: --broker-login FILE",
        )
    broker, given = Broker(parts.scheme), dict(query)
    servers = tuple(_parse_server(text, part, PORTS[broker]) for part in parts.netloc.split(","))
    stream, subject = parts.path.removeprefix("/"), given.pop("subject", None)
    is_subject = subject is None or (broker is Broker.NATS and SUBJECT.fullmatch(subject) is not None)
    if given or parts.fragment or not STREAM.fullmatch(stream) or not is_subject or len(query) > 1:
        raise _refuse_url(text)
    return BrokerUrl(broker, servers, stream, subject)


def _parse_server(text: str, given: str, port: int) -> str:
    match = SERVER.fullmatch(given)
    if match is None or not 0 < int(match[2] or port) < 1 << 16:
        raise _refuse_url(text)
    return f"{match[1]}:{match[2] or port}"


def _refuse_url(text: str) -> UsageError:
    return UsageError(f"{text} is not the URL of a stream", hint=f"give it as {FORM}")
