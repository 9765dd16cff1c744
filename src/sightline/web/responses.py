"""Answers that page handlers return. `page_router.to_response` converts them to HTTP responses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """A template of the page folder with its variables. A request for a part gets only the template's `block`."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    block: str | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another page to go to, and a message that is shown there once.

    `undo`: the URL of the form that undoes what was done. `cookie`: name and value of a choice that is remembered.
    """

    to: str
    message_key: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    undo: str | None = None
    cookie: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to save under a name."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Json:
    """An object to return as JSON, for a chart. None means that there is no object, which is no error."""

    value: object


@dataclass(frozen=True, slots=True)
class Events:
    """Server-sent events: the name of each (empty for a message) and the HTML that is its data."""

    events: AsyncIterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PlainText:
    """A status with headers and a line of text, for a program and not for a page."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


Answer = Page | Redirect | File | Json | Events | PlainText
