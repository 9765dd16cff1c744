"""A list's statements about an indicator, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.stages.lists.diff import Aspect
    from sightline.stages.lists.model import Statement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def defang_name(value: str) -> str:
    """Return a name so that no terminal makes a link of it."""
    return value.replace(".", "[.]")


def describe_statement(statement: Statement) -> dict[str, object]:
    """Return a statement for programs."""
    return {
        "opinion": statement.opinion,
        "valid_from": _format_instant(statement.valid_from_us),
        "valid_until": _format_instant(statement.valid_until_us),
        "category": statement.category,
        "listed_on": _format_instant(statement.listed_on_us),
        "has_reference": statement.has_reference,
    }


def format_aspect(statement: Statement, aspect: Aspect) -> str:
    """Return what a statement says of one aspect, for people."""
    from sightline.stages.lists.diff import Aspect  # noqa: PLC0415

    if aspect is Aspect.WINDOW:
        begin, end = _format_instant(statement.valid_from_us), _format_instant(statement.valid_until_us)
        return f"[{begin or 'open'}, {end or 'open'})"
    if aspect is Aspect.LISTED_ON:
        return _format_instant(statement.listed_on_us) or "none"
    if aspect is Aspect.REFERENCE:
        return "given" if statement.has_reference else "none"
    text = statement.opinion if aspect is Aspect.OPINION else statement.category
    return "".join(letter if letter.isprintable() else "?" for letter in text or "none")


def _format_instant(microseconds: int | None) -> str | None:
    """RFC 3339, UTC; the end of the year 9999 is an instant that no calendar of Python holds."""
    if microseconds is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return "9999-12-31T24:00:00Z"
