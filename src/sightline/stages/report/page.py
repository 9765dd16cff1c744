"""Render the report of a generation of leads: one self-contained HTML file, without scripts and network requests."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import groupby

from sightline.counts import count_noun
from sightline.model import Ceiling
from sightline.stages.report import map as drawing
from sightline.stages.report import words
from sightline.stages.report.card import card
from sightline.stages.report.days import days
from sightline.stages.report.facts import Report
from sightline.stages.report.foundation import foundation
from sightline.stages.report.lead import Json, Lead, read
from sightline.stages.report.markup import as_html, items
from sightline.stages.report.outlines import Boundary
from sightline.stages.report.places import PlaceKind
from sightline.stages.report.printable import IST, day, span
from sightline.stages.report.tables import ceilings, parts, places
from sightline.stages.report.totals import Totals

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPEN = 3
"""The number of cards that are unfolded at first."""
ORDER = "by band, those with less against them first, then by time"


def page(report: Report, leads: Iterable[Json], totals: Totals, boundaries: Sequence[Boundary] | None = None) -> str:
    """Return the page. The first `report.limit` leads have a card; the counts cover all."""
    page_leads = first(leads, report.limit)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8"/>',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>',
            '<meta name="viewport" content="width=device-width"/><meta name="referrer" content="no-referrer"/>',
            '<meta name="color-scheme" content="light dark"/>',
            f"<title>Leads of {as_html(report.workspace)}</title><style>{style()}</style></head><body>",
            _header(report),
            _numbers(totals),
            _reach(totals),
            _draw_places(totals, boundaries),
            days(totals),
            *_bands(page_leads, report, totals),
            _unproved(),
            foundation(report),
            "</body></html>\n",
        ]
    )


def first(leads: Iterable[Json], limit: int) -> list[Lead]:
    """Return the first leads by band, then those with fewer reasons against them, then by time and id."""
    bands = {name: at for at, name in enumerate(words.BANDS)}

    def order(lead_json: Json) -> tuple[int, int, str, str]:
        return (
            bands.get(lead_json.get("priority") or "low", len(bands)),
            len(lead_json.get("reasons_against") or ()),
            str(lead_json.get("first_seen") or "~"),
            str(lead_json["lead_id"]),
        )

    return [read(one) for one in heapq.nsmallest(limit, leads, key=order)]


def style() -> str:
    """Return the whole style of the page."""
    here = files("sightline.stages.report")
    return "".join(here.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in ("colours", "map", "page"))


def _header(report: Report) -> str:
    stamp = words.sentence("page.exercise")
    exercise = f'<p class="stamp"><b>EXERCISE</b>{as_html(stamp)}</p>' if report.is_exercise else ""
    made = f"{span(report.made_at, report.made_at)}, {span(report.made_at, report.made_at, IST)}"
    opened = (
        words.sentence("page.opened", by=report.opened_by or "an officer", why=report.opened_why)
        if report.is_open
        else words.sentence("page.masked")
    )
    return (
        f'{exercise}<header><div class="mark"><i></i>Sightline</div><h1>Leads of {as_html(report.workspace)}</h1>'
        f'<p class="sub">Made {made} · generation <span class="mono">{as_html(report.generation[:16])}</span></p>'
        f'<p class="sub">{as_html(opened)}</p>'
        f'<p class="creed">{as_html(words.sentence("page.creed"))}</p></header>'
    )


def _numbers(totals: Totals) -> str:
    lines, many = totals.by_ceiling[Ceiling.SUBSCRIBER], totals.by_ceiling[Ceiling.SHARED]
    urgent, high = totals.by_band["urgent"], totals.by_band["high"]
    of = f"from {count_noun(totals.visits, 'visit')} in {count_noun(totals.sessions, 'session')}{_dates(totals)}"
    each = [
        ("first", totals.leads, f"{'lead' if totals.leads == 1 else 'leads'}, {of}"),
        ("", lines, f"point to {words.ceiling(Ceiling.SUBSCRIBER).title}; {many:,} to one of many"),
        ("soon", urgent + high, f"urgent or high: {urgent:,} urgent, {high:,} high"),
        ("", totals.of(PlaceKind.UNDETERMINED).leads, "whose place is undetermined, which is an answer"),
    ]
    cells = (f'<div class="{css}"><dt>{as_html(text)}</dt><dd>{number:,}</dd></div>' for css, number, text in each)
    return f'<dl class="numbers">{"".join(cells)}</dl>'


def _dates(totals: Totals) -> str:
    """The days of the first and the last visit."""
    if totals.first_us is None or totals.last_us is None:
        return ""
    first_day, last_day = (day(EPOCH + timedelta(microseconds=at)) for at in (totals.first_us, totals.last_us))
    return f", {first_day}" if first_day == last_day else f", {first_day} to {last_day}"


def _reach(totals: Totals) -> str:
    says = as_html(words.sentence("page.reach"))
    return f'<section><h2>How far the evidence carries</h2><p class="sub">{says}</p>{ceilings(totals)}</section>'


def _draw_places(totals: Totals, boundaries: Sequence[Boundary] | None) -> str:
    return (
        f'<section><h2>Where</h2><p class="sub">{as_html(words.sentence("page.where"))}</p><div class="where"><figure>'
        f"{drawing.svg(totals, boundaries, is_file=False)}</figure>{places(totals)}</div>{parts(totals)}</section>"
    )


def _bands(page_leads: Sequence[Lead], report: Report, totals: Totals) -> Iterator[str]:
    unfolded = {one.lead_id for one in page_leads[:OPEN]}
    yield f'<section><h2>The leads</h2><p class="sub">{as_html(_how_many(len(page_leads), totals))}</p>'
    for band, found in groupby(page_leads, key=lambda one: one.priority):
        leads = list(found)
        of = totals.by_band.get(band, len(leads))
        count = f"{of:,}" if len(leads) == of else f"{len(leads):,} of {of:,}"
        says = f'<span class="sub">{count} · {as_html(words.band(band))}</span>'
        yield f'<h3 class="band">{as_html(band.capitalize())} {says}</h3>'
        yield from (card(one, report, is_open=one.lead_id in unfolded) for one in leads)
    yield "</section>"


def _how_many(shown_count: int, totals: Totals) -> str:
    left = totals.leads - shown_count
    if left <= 0:
        return f"All {count_noun(shown_count, 'lead')}, {ORDER}. A line unfolds into its account."
    return (
        f"The first {shown_count:,} of {count_noun(totals.leads, 'lead')}, {ORDER}; "
        f"{left:,} are not shown here, and are counted above. A line unfolds into its account."
    )


def _unproved() -> str:
    return f"<section><h2>What none of this proves</h2>{items(words.never_proven())}</section>"
