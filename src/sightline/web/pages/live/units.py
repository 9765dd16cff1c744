"""Format sizes, rates and durations for people, in the page's language."""

from __future__ import annotations

from sightline.translation.messages import Messages

DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60
STEP = 1000
UNITS = ("B", "kB", "MB", "GB", "TB")


def format_size(count: float) -> str:
    """Return `1.4 GB`, in powers of ten."""
    value, unit = float(count), 0
    while value >= STEP and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    return f"{value:.0f} {UNITS[unit]}" if unit == 0 or value >= 100 else f"{value:.1f} {UNITS[unit]}"


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
