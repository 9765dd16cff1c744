"""What a handler answers with; `room` makes the response of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """A template of the room, by its name, with what it shows. Where only a part was asked for, the part `block`."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    block: str | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another page of the room to go to, and a message of the room's wording that is shown there once."""

    to: str
    said: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to save under a name."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Json:
    """An object as JSON: what a chart is drawn of. None: there is none, and that is no error."""

    value: object


@dataclass(frozen=True, slots=True)
class Events:
    """Server-sent events, each its name (empty: a message) and the HTML that is its data."""

    events: AsyncIterator[tuple[str, str]]


Answer = Page | Redirect | File | Json | Events
