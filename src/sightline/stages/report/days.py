"""Chart the days of leads: a bar for each day, or for several days if there are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from sightline.message_text import count_noun
from sightline.model import Ceiling
from sightline.stages.report import words
from sightline.stages.report.html_parts import as_html
from sightline.stages.report.printable import format_day
from sightline.stages.report.totals import Totals
from sightline.stages.report.translator import ENGLISH, Translator

WIDTHS = (1, 7, 30, 365)
"""The possible numbers of days in one bar."""
MOST_BARS = 130


def format_days(totals: Totals, translator: Translator = ENGLISH) -> str:
    """Return the section of the page; empty without leads."""
    if not totals.by_day:
        return ""
    first, width, bars = bin_days(totals.by_day)
    description = translator.translate_sentence(_describe_bars(totals, first, width, bars))
    heading = as_html(translator.translate_sentence(words.find_label("when")))
    end = min(first + timedelta(days=width * len(bars) - 1), max(totals.by_day))
    return (
        f'<section><h2>{heading}</h2><p class="sub">{as_html(description)}</p>'
        f'<figure class="days">{_draw_bars(first, width, bars, translator)}'
        f"<figcaption><span>{translator.translate_phrase(format_day(first))}</span>"
        f"<span>{translator.translate_phrase(format_day(end))}</span></figcaption>"
        "</figure></section>"
    )


def bin_days(by_day: Mapping[date, int]) -> tuple[date, int, list[int]]:
    """Return the first day, the number of days in each bar, and the leads of each bar, empty ones too."""
    first, last = min(by_day), max(by_day)
    span = (last - first).days + 1
    width = next((width for width in WIDTHS if span <= width * MOST_BARS), WIDTHS[-1])
    result = Counter[int]()
    for at, leads in by_day.items():
        result[(at - first).days // width] += leads
    return first, width, [result[at] for at in range(-(-span // width))]


def _describe_bars(totals: Totals, first: date, width: int, bars: list[int]) -> str:
    """The bars in words, for those who do not see them: how much one stands for, and where most are."""
    peak = max(range(len(bars)), key=lambda at: (bars[at], -at))
    at = format_day(first + timedelta(days=width * peak))
    most = words.find_sentence(
        "bars.most_on" if width == 1 else "bars.most_in", count=f"{bars[peak]:,}", days=width, day=at
    )
    unproven = totals.by_ceiling[Ceiling.TIME_UNPROVEN]
    doubt = f" {words.find_sentence('page.unproven', leads=count_noun(unproven, 'lead'))}" if unproven else ""
    unit = words.find_sentence("bars.one_day") if width == 1 else f"{width} days"
    return words.find_sentence("page.when", unit=unit, most=most) + doubt


def _draw_bars(first: date, width: int, bars: list[int], translator: Translator) -> str:
    phrase = translator.translate_phrase
    most, wide = max(bars), 1000 / len(bars)
    drawn = "".join(
        f'<rect x="{at * wide:.1f}" y="{100 - high:.1f}" width="{wide * 0.78:.1f}" height="{high:.1f}">'
        f"<title>{phrase(format_day(first + timedelta(days=width * at)))}: "
        f"{phrase(count_noun(leads, 'lead'))}</title></rect>"
        for at, leads in enumerate(bars)
        if (high := max(100 * leads / most, 1.5) if leads else 0)
    )
    return f'<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'
