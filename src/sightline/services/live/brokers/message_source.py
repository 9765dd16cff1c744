"""The one way in for messages of brokers: positions to read from, messages with positions, and a commit afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

BATCH = 500
"""Most messages that are received at once."""


class BrokerAway(Exception):
    """The broker does not answer now. What was not registered is asked for again. This error never leaves a feed."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream, or a partition of a topic, with the positions of its first message and behind its last one.

    `file_id`: `IDENTITY:NUMBER`, without `~`. Another identity means that it was deleted and made again. `name`: its
    URL. `pending`: messages of ours behind those that were delivered, if positions do not tell it.
    """

    number: int
    file_id: str
    name: str
    first: int
    end: int
    pending: int | None = None


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """A message at a position of a stream. Its content ends with a line end."""

    number: int
    position: int
    content: bytes


class MessageSource(Protocol):
    """A connection to a broker. Each call may raise BrokerAway, and takes at most about half a minute."""

    @property
    def is_stale(self) -> bool:
        """Return whether the connection was lost since `open`, or messages are missing of it: open it again."""

    def find_streams(self) -> Sequence[Stream]:
        """Return the streams as they are now."""

    def open(self, positions: Mapping[int, int]) -> None:
        """Receive from these positions on, by the number of the stream. What the broker remembers is overruled."""

    def receive(self) -> Sequence[BrokerMessage]:
        """Return the next messages, at most `BATCH`. Fewer are all that there are now."""

    def read_one(self, number: int, position: int) -> bytes | None:
        """Return the content of the message at a position, or None if it is not there any more."""

    def count_missing(self, number: int, first: int, until: int) -> int:
        """Return how many messages of ours from a position until another the broker does not have, at most."""

    def commit(self, number: int, until: int) -> None:
        """Tell the broker that everything before a position is registered."""

    def close(self) -> None:
        """End the connection."""


def as_lines(payload: bytes) -> bytes:
    """Return a message as lines: with a line end, if it has none."""
    return payload if payload.endswith(b"\n") else payload + b"\n"
