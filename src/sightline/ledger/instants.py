"""Convert between instants and stored times: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
INDIA = timezone(timedelta(hours=5, minutes=30))


def to_microseconds(at: datetime) -> int:
    """Return an instant as whole microseconds since 1970, UTC."""
    return (at - EPOCH) // TICK


def to_instant(at_us: int) -> datetime:
    """Return the UTC instant of whole microseconds since 1970."""
    return EPOCH + at_us * TICK


def format_day_in_india(at_us: int) -> str:
    """Return the day of an instant in India, for example 2026-03-31."""
    return f"{to_instant(at_us).astimezone(INDIA):%Y-%m-%d}"
