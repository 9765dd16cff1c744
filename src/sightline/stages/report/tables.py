"""Render the tables of the page with their bars: leads by ceiling, and leads by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sightline.model import Ceiling
from sightline.stages.report import words
from sightline.stages.report.html_parts import as_html, format_bar, format_table
from sightline.stages.report.place_table import PlaceKind, PlaceRow
from sightline.stages.report.totals import Totals
from sightline.stages.report.translator import ENGLISH, Translator

MOST_PARTS = 12
"""The maximum number of districts or circles listed for a state. The others are counted together."""


def format_ceilings(totals: Totals, translator: Translator = ENGLISH) -> str:
    """Return leads by ceiling, the highest first, in the words for an officer."""
    most = max(totals.by_ceiling.values(), default=0)
    rows = "".join(_format_ceiling_row(which, totals.by_ceiling[which], most, translator) for which in words.LADDER)
    heads = _format_heads(translator, ("", "ceiling"), ("", "when"), ("bar", ""), ("n", "leads"))
    caption = f"<caption>{as_html(translator.translate_sentence(words.find_label('by_ceiling')))}</caption>"
    return f'<table class="bars">{caption}{heads}<tbody>{rows}</tbody></table>'


def _format_heads(translator: Translator, *heads: tuple[str, str]) -> str:
    """The headings of columns by their classes and labels."""
    each = (
        f'<th scope="col" class="{css}">{as_html(translator.translate_sentence(words.find_label(key)))}</th>'
        if key
        else f'<td class="{css}"></td>'
        for css, key in heads
    )
    return f"<thead><tr>{''.join(each)}</tr></thead>"


def _format_ceiling_row(which: Ceiling, leads: int, most: int, translator: Translator) -> str:
    ceiling_words = words.describe_ceiling(which)
    title, when = translator.translate_phrase(ceiling_words.title), translator.translate_phrase(ceiling_words.when)
    css = "top" if which is Ceiling.SUBSCRIBER else "full" if which is Ceiling.SHARED else "hatched"
    return (
        f'<tr><th scope="row">{as_html(title)}</th><td class="sub">{as_html(when)}</td>'
        f'<td class="bar">{format_bar(leads / most if most else 0, css)}</td><td class="n">{leads:,}</td></tr>'
    )


def format_places(totals: Totals, translator: Translator = ENGLISH) -> str:
    """Return leads by place.

    `undetermined` and the other kinds without a state come first, then states, most leads first.
    """
    rows = [row for row in totals.places if row.leads or row.kind is PlaceKind.UNDETERMINED]
    rows.sort(key=lambda row: row.kind is PlaceKind.STATE)
    most = max((row.leads for row in rows), default=0)
    body = "".join(_format_place_row(row, most, translator) for row in rows)
    heads = _format_heads(
        translator, ("", "place"), ("bar", ""), ("n", "leads"), ("n", "one_line"), ("n", "urgent_high")
    )
    caption, total = (as_html(translator.translate_sentence(words.find_label(key))) for key in ("by_place", "all"))
    lines, pressing = totals.by_ceiling[Ceiling.SUBSCRIBER], _count_pressing(totals.by_band)
    return (
        f'<table class="bars dense"><caption>{caption}</caption>{heads}<tbody>{body}</tbody>'
        f'<tfoot><tr><th scope="row">{total}</th><td class="bar"></td><td class="n">{totals.leads:,}</td>'
        f'<td class="n">{lines:,}</td><td class="n">{pressing:,}</td></tr></tfoot></table>'
    )


def _format_place_row(row: PlaceRow, most: int, translator: Translator) -> str:
    is_state = row.kind is PlaceKind.STATE
    css = "" if is_state else ' class="aside"'
    return (
        f'<tr{css}><th scope="row">{as_html(translator.translate_sentence(row.name))}</th>'
        f'<td class="bar">{format_bar(row.leads / most if most else 0, "full" if is_state else "hatched")}</td>'
        f'<td class="n">{row.leads:,}</td><td class="n">{row.by_ceiling[Ceiling.SUBSCRIBER]:,}</td>'
        f'<td class="n">{_count_pressing(row.by_band):,}</td></tr>'
    )


def format_parts(totals: Totals, translator: Translator = ENGLISH) -> str:
    """Return leads by district, by circle for mobile lines, and by country abroad.

    There is a line for each place, unfolded on demand.
    """
    say = translator.translate_sentence
    rows = [
        (say(row.name), "; ".join(_format_place_parts(row, translator)), f"{row.leads:,}")
        for row in totals.places
        if row.leads and row.parts
    ]
    if not any(part.name for row in totals.places for part in row.parts):
        return ""
    summary, caption, *heads = (
        say(words.find_label(key)) for key in ("by_district", "more_than_state", "place", "district", "leads")
    )
    return (
        f'<details class="more"><summary>{as_html(summary)}</summary>'
        + format_table(caption, heads, rows, translator)
        + "</details>"
    )


def _format_place_parts(row: PlaceRow, translator: Translator) -> Iterator[str]:
    say = translator.translate_sentence
    named = [part for part in row.parts if part.name is not None]
    for count in named[:MOST_PARTS]:
        name = say(count.name or "")
        name = say(words.find_sentence("page.circle", circle=name)) if count.level == "circle" else name
        yield f"{name} {count.leads:,}"
    if rest := sum(count.leads for count in named[MOST_PARTS:]):
        yield say(words.find_sentence("page.others", count=f"{len(named) - MOST_PARTS:,}", leads=f"{rest:,}"))
    if unnamed := sum(part.leads for part in row.parts if part.name is None):
        key = "district_undetermined" if row.kind is PlaceKind.STATE else "no_more_known"
        yield f"{say(words.find_label(key))} {unnamed:,}"


def _count_pressing(by_band: Mapping[str, int]) -> int:
    return by_band["urgent"] + by_band["high"]
