"""Render the tables of the page with their bars: leads by ceiling, and leads by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sightline.model import Ceiling
from sightline.stages.report import words
from sightline.stages.report.markup import as_html, bar, table
from sightline.stages.report.places import PlaceKind, PlaceRow
from sightline.stages.report.totals import Totals

MOST_PARTS = 12
"""The maximum number of districts or circles listed for a state. The others are counted together."""


def ceilings(totals: Totals) -> str:
    """Return leads by ceiling, the highest first, in the words for an officer."""
    most = max(totals.by_ceiling.values(), default=0)
    rows = "".join(_ceiling(which, totals.by_ceiling[which], most) for which in words.LADDER)
    heads = _heads(("", "Ceiling"), ("", "When"), ("bar", ""), ("n", "Leads"))
    caption = "<caption>Leads by ceiling, the highest first</caption>"
    return f'<table class="bars">{caption}{heads}<tbody>{rows}</tbody></table>'


def _heads(*heads: tuple[str, str]) -> str:
    each = (f'<th scope="col" class="{css}">{text}</th>' if text else f'<td class="{css}"></td>' for css, text in heads)
    return f"<thead><tr>{''.join(each)}</tr></thead>"


def _ceiling(which: Ceiling, leads: int, most: int) -> str:
    ceiling_words = words.ceiling(which)
    css = "top" if which is Ceiling.SUBSCRIBER else "full" if which is Ceiling.SHARED else "hatched"
    return (
        f'<tr><th scope="row">{as_html(ceiling_words.title)}</th><td class="sub">{as_html(ceiling_words.when)}</td>'
        f'<td class="bar">{bar(leads / most if most else 0, css)}</td><td class="n">{leads:,}</td></tr>'
    )


def places(totals: Totals) -> str:
    """Return leads by place: `undetermined` and the other kinds without a state first, then states, most leads
    first.
    """
    rows = [row for row in totals.places if row.leads or row.kind is PlaceKind.UNDETERMINED]
    rows.sort(key=lambda row: row.kind is PlaceKind.STATE)
    most = max((row.leads for row in rows), default=0)
    body = "".join(_place(row, most) for row in rows)
    heads = _heads(("", "Place"), ("bar", ""), ("n", "Leads"), ("n", "One line"), ("n", "Urgent, high"))
    lines, pressing = totals.by_ceiling[Ceiling.SUBSCRIBER], _pressing(totals.by_band)
    return (
        f'<table class="bars dense"><caption>Leads by place</caption>{heads}<tbody>{body}</tbody>'
        f'<tfoot><tr><th scope="row">All</th><td class="bar"></td><td class="n">{totals.leads:,}</td>'
        f'<td class="n">{lines:,}</td><td class="n">{pressing:,}</td></tr></tfoot></table>'
    )


def _place(row: PlaceRow, most: int) -> str:
    is_state = row.kind is PlaceKind.STATE
    css = "" if is_state else ' class="aside"'
    return (
        f'<tr{css}><th scope="row">{as_html(row.name)}</th>'
        f'<td class="bar">{bar(row.leads / most if most else 0, "full" if is_state else "hatched")}</td>'
        f'<td class="n">{row.leads:,}</td><td class="n">{row.by_ceiling[Ceiling.SUBSCRIBER]:,}</td>'
        f'<td class="n">{_pressing(row.by_band):,}</td></tr>'
    )


def parts(totals: Totals) -> str:
    """Return leads by district, by circle for mobile lines, and by country abroad: a line for each place, unfolded on
    demand.
    """
    rows = [(row.name, "; ".join(_parts(row)), f"{row.leads:,}") for row in totals.places if row.leads and row.parts]
    if not any(one.name for row in totals.places for one in row.parts):
        return ""
    return (
        '<details class="more"><summary>By district, telecom circle and country</summary>'
        + table("Where data sets agree on more than the state", ("Place", "District, circle or country", "Leads"), rows)
        + "</details>"
    )


def _parts(row: PlaceRow) -> Iterator[str]:
    named = [one for one in row.parts if one.name is not None]
    for one in named[:MOST_PARTS]:
        yield f"{one.name}{' circle' if one.level == 'circle' else ''} {one.leads:,}"
    if rest := sum(one.leads for one in named[MOST_PARTS:]):
        yield f"{len(named) - MOST_PARTS:,} others {rest:,}"
    if unnamed := sum(one.leads for one in row.parts if one.name is None):
        yield f"{'district undetermined' if row.kind is PlaceKind.STATE else 'no more known'} {unnamed:,}"


def _pressing(by_band: Mapping[str, int]) -> int:
    return by_band["urgent"] + by_band["high"]
