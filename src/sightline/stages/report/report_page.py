"""Render the report of a generation of leads: one self-contained HTML file, without scripts and network requests."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import groupby

from sightline.message_text import count_noun
from sightline.model import Ceiling
from sightline.stages.report import map as drawing
from sightline.stages.report import words
from sightline.stages.report.card import format_card
from sightline.stages.report.days import format_days
from sightline.stages.report.foundation import format_foundation
from sightline.stages.report.html_parts import as_html, format_items
from sightline.stages.report.lead import Json, Lead, read_lead
from sightline.stages.report.outlines import Boundary
from sightline.stages.report.place_table import PlaceKind
from sightline.stages.report.printable import IST, format_day, format_span
from sightline.stages.report.report_facts import LeadReport
from sightline.stages.report.tables import format_ceilings, format_parts, format_places
from sightline.stages.report.totals import Totals

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FONTS = "; font-src data:"
"""What the policy of a page with fonts of its own adds."""
OPEN = 3
"""The number of cards that are unfolded at first."""


def build_report_page(
    report: LeadReport, leads: Iterable[Json], totals: Totals, boundaries: Sequence[Boundary] | None = None
) -> str:
    """Return the page. The first `report.limit` leads have a card; the counts cover all."""
    page_leads, fonts = choose_first_leads(leads, report.limit), report.translator.font_css
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{report.translator.language}"><head><meta charset="utf-8"/>',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}{FONTS if fonts else ""}"/>',
            '<meta name="viewport" content="width=device-width"/><meta name="referrer" content="no-referrer"/>',
            '<meta name="color-scheme" content="light dark"/>',
            f"<title>{_format_title(report)}</title><style>{fonts}{build_style()}</style></head><body>",
            _render_header(report),
            _render_numbers(totals, report),
            _render_reach(totals, report),
            _draw_places(totals, boundaries, report),
            format_days(totals, report.translator),
            *_render_bands(page_leads, report, totals),
            _render_unproved(report),
            format_foundation(report),
            "</body></html>\n",
        ]
    )


def choose_first_leads(leads: Iterable[Json], limit: int) -> list[Lead]:
    """Return the first leads by band, then those with fewer reasons against them, then by time and id."""
    bands = {name: at for at, name in enumerate(words.BANDS)}

    def order(lead_json: Json) -> tuple[int, int, str, str]:
        return (
            bands.get(lead_json.get("priority") or "low", len(bands)),
            len(lead_json.get("reasons_against") or ()),
            str(lead_json.get("first_seen") or "~"),
            str(lead_json["lead_id"]),
        )

    return [read_lead(mapping) for mapping in heapq.nsmallest(limit, leads, key=order)]


def build_style() -> str:
    """Return the whole style of the page."""
    here = files("sightline.stages.report")
    return "".join(here.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in ("colours", "map", "page"))


def _format_title(report: LeadReport) -> str:
    return as_html(report.translator.translate_sentence(words.find_sentence("page.title", workspace=report.workspace)))


def _render_header(report: LeadReport) -> str:
    say = report.translator.translate_sentence
    stamp, loud, generation = (
        as_html(say(text))
        for text in (words.find_sentence("page.exercise"), words.find_label("exercise"), words.find_label("generation"))
    )
    exercise = f'<p class="stamp"><b>{loud}</b>{stamp}</p>' if report.is_exercise else ""
    made = f"{format_span(report.made_at, report.made_at)}, {format_span(report.made_at, report.made_at, IST)}"
    return (
        f'{exercise}<header><div class="mark"><i></i>Sightline</div><h1>{_format_title(report)}</h1>'
        f'<p class="sub">{as_html(say(words.find_sentence("page.made", time=made)))}'
        f' · {generation} <span class="mono">{as_html(report.generation[:16])}</span></p>'
        f'<p class="sub">{as_html(_describe_addresses(report))}</p>'
        f'<p class="creed">{as_html(say(words.find_sentence("page.creed")))}</p></header>'
    )


def _describe_addresses(report: LeadReport) -> str:
    """Return whether addresses are masked; of a translation, that it is one."""
    say, text = report.translator.translate_sentence, words.find_sentence("page.masked")
    if report.is_open:
        by = report.opened_by or words.find_sentence("sheet.some_officer")
        text = words.find_sentence("page.opened", by=by, why=report.opened_why)
    return say(text) + (
        f" {say(words.find_sentence('sheet.translated'))}" if report.translator.language != "en" else ""
    )


def _render_numbers(totals: Totals, report: LeadReport) -> str:
    lines, many = totals.by_ceiling[Ceiling.SUBSCRIBER], totals.by_ceiling[Ceiling.SHARED]
    urgent, high = totals.by_band["urgent"], totals.by_band["high"]
    title, say = words.describe_ceiling(Ceiling.SUBSCRIBER).title, report.translator.translate_sentence
    each = [
        ("first", totals.leads, _describe_leads(totals)),
        ("", lines, words.find_sentence("page.lines", title=title, many=f"{many:,}")),
        ("soon", urgent + high, words.find_sentence("page.pressing", urgent=f"{urgent:,}", high=f"{high:,}")),
        ("", totals.get_row(PlaceKind.UNDETERMINED).leads, words.find_sentence("page.undetermined")),
    ]
    cells = (f'<div class="{css}"><dt>{as_html(say(text))}</dt><dd>{number:,}</dd></div>' for css, number, text in each)
    return f'<dl class="numbers">{"".join(cells)}</dl>'


def _describe_leads(totals: Totals) -> str:
    """Return how many visits and sessions the leads have, with the days of the first and the last visit."""
    key = "page.lead" if totals.leads == 1 else "page.leads"
    facts = {"visits": count_noun(totals.visits, "visit"), "sessions": count_noun(totals.sessions, "session")}
    if totals.first_us is None or totals.last_us is None:
        return words.find_sentence(key, **facts)
    first_day, last_day = (format_day(EPOCH + timedelta(microseconds=at)) for at in (totals.first_us, totals.last_us))
    key = f"{key}_on" if first_day == last_day else f"{key}_between"
    return words.find_sentence(key, **facts, first=first_day, last=last_day)


def _render_reach(totals: Totals, report: LeadReport) -> str:
    say = report.translator.translate_sentence
    head, says = (as_html(say(text)) for text in (words.find_label("reach"), words.find_sentence("page.reach")))
    return f'<section><h2>{head}</h2><p class="sub">{says}</p>{format_ceilings(totals, report.translator)}</section>'


def _draw_places(totals: Totals, boundaries: Sequence[Boundary] | None, report: LeadReport) -> str:
    translator = report.translator
    head, says = (
        as_html(translator.translate_sentence(text))
        for text in (words.find_label("where"), words.find_sentence("page.where"))
    )
    drawn = drawing.draw_map(totals, boundaries, is_file=False, translator=translator)
    return (
        f'<section><h2>{head}</h2><p class="sub">{says}</p><div class="where"><figure>'
        f"{drawn}</figure>{format_places(totals, translator)}"
        f"</div>{format_parts(totals, translator)}</section>"
    )


def _render_bands(page_leads: Sequence[Lead], report: LeadReport, totals: Totals) -> Iterator[str]:
    unfolded, say = {lead.lead_id for lead in page_leads[:OPEN]}, report.translator.translate_sentence
    head, many = (
        as_html(say(text)) for text in (words.find_label("the_leads"), _format_how_many(len(page_leads), totals))
    )
    yield f'<section><h2>{head}</h2><p class="sub">{many}</p>'
    for band, lead_files in groupby(page_leads, key=lambda one: one.priority):
        leads = list(lead_files)
        of = totals.by_band.get(band, len(leads))
        count = f"{of:,}" if len(leads) == of else f"{len(leads):,} {say(words.find_label('of'))} {of:,}"
        says = f'<span class="sub">{as_html(count)} · {as_html(say(words.describe_band(band)))}</span>'
        yield f'<h3 class="band">{as_html(say(band.capitalize()))} {says}</h3>'
        yield from (format_card(lead, report, is_open=lead.lead_id in unfolded) for lead in leads)
    yield "</section>"


def _format_how_many(shown_count: int, totals: Totals) -> str:
    left = totals.leads - shown_count
    if left <= 0:
        text = words.find_sentence("page.all", leads=count_noun(shown_count, "lead"))
    else:
        leads = count_noun(totals.leads, "lead")
        text = words.find_sentence("page.first", shown=f"{shown_count:,}", leads=leads, left=f"{left:,}")
    return f"{text} {words.find_sentence('page.unfold')}"


def _render_unproved(report: LeadReport) -> str:
    say = report.translator.translate_sentence
    head, items = as_html(say(words.find_label("none_proves"))), format_items(map(say, words.list_never_proven()))
    return f"<section><h2>{head}</h2>{items}</section>"
