"""State until when an ISP must keep its records, and how many days remain from the day of the report."""

from __future__ import annotations

from datetime import datetime

from sightline.message_text import count_noun
from sightline.model import Ceiling
from sightline.stages.report.lead import Lead
from sightline.stages.report.printable import IST, format_day
from sightline.stages.report.words import find_sentence

_OTHERS = {
    Ceiling.TIME_UNPROVEN: "keep.unknown",
    Ceiling.RELAY: "keep.relay",
    Ceiling.AUTOMATED: "keep.nothing",
    Ceiling.STATISTICS: "keep.nothing",
}
"""Ceilings for which no request goes to an ISP."""
SOON_DAYS = 60
"""The number of days below which little time is left for a preservation letter."""


def count_days_left(lead: Lead, made_at: datetime) -> int | None:
    """Return the whole days until the date, negative after it; None if no ISP is asked, or no date is known."""
    if lead.keep_until is None or lead.ceiling in _OTHERS or is_inside(lead):
        return None
    return (lead.keep_until.date() - made_at.astimezone(IST).date()).days


def is_inside(lead: Lead) -> bool:
    """Return whether the address is from inside a network, which no ISP knows."""
    return any(reason.rule == "inside-address" for reason in lead.reasons_ceiling)


def format_retention_sentence(lead: Lead, made_at: datetime) -> str:
    """Return the sentence about retention."""
    if (key := _OTHERS.get(lead.ceiling)) is not None:
        return find_sentence(key)
    if is_inside(lead):
        return find_sentence("keep.inside")
    days = count_days_left(lead, made_at)
    if days is None or lead.keep_until is None:
        return find_sentence("keep.unknown")
    if days < 0:
        return find_sentence("keep.over", date=format_day(lead.keep_until), left=f"{count_noun(-days, 'day')} ago")
    return find_sentence(
        "keep.until", date=format_day(lead.keep_until), left=f"{count_noun(days, 'day')} from the date of this report"
    )
