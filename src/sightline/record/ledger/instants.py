"""Instants as the record keeps them: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """An instant as the record keeps it."""
    return (at - EPOCH) // TICK


def instant(at_us: int) -> datetime:
    """The instant of whole microseconds since 1970."""
    return EPOCH + at_us * TICK
