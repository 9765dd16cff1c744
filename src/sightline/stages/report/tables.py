"""The tables of the page with their bars: leads by ceiling, and leads by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sightline.records import Ceiling
from sightline.stages.report import words
from sightline.stages.report.markup import bar, escaped
from sightline.stages.report.places import PlaceKind, PlaceRow
from sightline.stages.report.totals import Totals

MOST_PARTS = 4
"""How many districts or circles of a state are named; the others are counted together."""


def ceilings(totals: Totals) -> str:
    """Leads by ceiling, the highest first, in the words for an officer."""
    most = max(totals.by_ceiling.values(), default=0)
    rows = "".join(_ceiling(which, totals.by_ceiling[which], most) for which in words.LADDER)
    return (
        '<table class="bars"><caption>Leads by ceiling, the highest first</caption><thead><tr><th scope="col">Ceiling</th>'
        f'<th scope="col">When</th><th scope="col"></th><th scope="col" class="n">Leads</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _ceiling(which: Ceiling, leads: int, most: int) -> str:
    told = words.ceiling(which)
    css = "top" if which is Ceiling.SUBSCRIBER else "full" if which is Ceiling.SHARED else "hatched"
    return (
        f'<tr><th scope="row">{escaped(told.title)}</th><td class="sub">{escaped(told.when)}</td>'
        f'<td class="bar">{bar(leads / most if most else 0, css)}</td><td class="n">{leads:,}</td></tr>'
    )


def places(totals: Totals) -> str:
    """Leads by place: states, most first, then `undetermined` and the other kinds, as large as any state."""
    rows = [row for row in totals.places if row.leads or row.kind is PlaceKind.UNDETERMINED]
    most = max((row.leads for row in rows), default=0)
    body = "".join(part for row in rows for part in _place(row, most))
    return (
        '<div class="scroll"><table class="bars"><caption>Leads by place</caption><thead><tr><th scope="col">Place</th>'
        '<th scope="col"></th><th scope="col" class="n">Leads</th><th scope="col" class="n">One line</th>'
        f'<th scope="col" class="n">Urgent, high</th></tr></thead><tbody>{body}</tbody>'
        f'<tfoot><tr><th scope="row">All</th><td class="bar"></td><td class="n">{totals.leads:,}</td>'
        f'<td class="n">{totals.by_ceiling[Ceiling.SUBSCRIBER]:,}</td><td class="n">{_pressing(totals.by_band):,}</td></tr></tfoot>'
        "</table></div>"
    )


def _place(row: PlaceRow, most: int) -> Iterator[str]:
    is_state = row.kind is PlaceKind.STATE
    css = "" if is_state else ' class="aside"'
    yield (
        f'<tr{css}><th scope="row">{escaped(row.name)}</th>'
        f'<td class="bar">{bar(row.leads / most if most else 0, "full" if is_state else "hatched")}</td>'
        f'<td class="n">{row.leads:,}</td><td class="n">{row.by_ceiling[Ceiling.SUBSCRIBER]:,}</td>'
        f'<td class="n">{_pressing(row.by_band):,}</td></tr>'
    )
    for name, leads in _parts(row):
        yield (
            f'<tr class="part"><th scope="row">{escaped(name)}</th><td class="bar"></td><td class="n">{leads:,}</td>'
            "<td></td><td></td></tr>"
        )


def _parts(row: PlaceRow) -> Iterator[tuple[str, int]]:
    named = [one for one in row.parts if one.name is not None]
    if not named:
        return
    for one in named[:MOST_PARTS]:
        yield f"{one.name}{' circle' if one.level == 'circle' else ''}", one.leads
    if rest := sum(one.leads for one in named[MOST_PARTS:]):
        yield f"{len(named) - MOST_PARTS:,} others", rest
    if unnamed := sum(one.leads for one in row.parts if one.name is None):
        yield "district undetermined" if row.kind is PlaceKind.STATE else "no circle known", unnamed


def _pressing(by_band: Mapping[str, int]) -> int:
    return by_band["urgent"] + by_band["high"]
