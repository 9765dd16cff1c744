"""Format rates and durations for people, in the page's language."""

from __future__ import annotations

from sightline.translation.messages import Messages

DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60


def format_duration(t: Messages, seconds: float) -> str:
    """Return `3 min`, `5 h`, `12 days`: in the largest unit of which there are two."""
    for name, length in (("days", DAY_S), ("hours", HOUR_S), ("minutes", MINUTE_S)):
        if seconds >= 2 * length:
            return t(f"length.{name}", n=int(seconds // length))
    return t("length.seconds", n=int(seconds))


def format_rate(t: Messages, lines_per_day: float | None) -> str:
    """Return lines per second, hour or day, the smallest period with a countable number, or a dash if unknown."""
    if lines_per_day is None:
        return "-"
    for name, times in (("second", DAY_S), ("hour", 24)):
        if lines_per_day >= times:
            return t(f"rate.{name}", n=round(lines_per_day / times))
    return t("rate.day", n=round(lines_per_day))
