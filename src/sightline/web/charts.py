"""Charts, described by the tables from which the browser draws them (docs/reference/page_markup.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from urllib.parse import quote_plus, urlencode

from sightline.services.lead_index.filter import CHECKS, NOT_KNOWN, LeadFilter
from sightline.services.lead_index.lead_view import Funnel, ValueCount
from sightline.stages.report import tiles
from sightline.stages.report.place_table import PlaceKind
from sightline.translation import messages
from sightline.translation.messages import Messages

Cell = tuple[str, str | None]
"""The text of a cell, and the bare value to draw where that differs."""
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row of a chart: its cells (the last is the count), its link, and `undetermined`, `so-far` or `here`."""

    cells: tuple[Cell, ...]
    link: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A table to draw as a chart. `link_cell` is the position of the cell that carries the link."""

    kind: str
    id: str
    heads: tuple[str, ...]
    marks: tuple[ChartRow, ...]
    link_cell: int = 0


def format_count(value: int) -> Cell:
    """Return a count as a cell."""
    return f"{value:,}", str(value)


@dataclass(frozen=True, slots=True)
class ChartTarget:
    """The leads that a chart counts, and the page that its marks filter."""

    narrowing: LeadFilter
    page: str = "/leads"

    def to(self, field: str, value: str, page: str | None = None) -> str:
        """Return the page filtered by one value of a field. That value replaces the field's other values."""
        before, after = _split_query(self.narrowing, field)
        return f"{page or self.page}?{before}{field}={quote_plus(value)}{after}"

    def is_by(self, field: str, value: str | None) -> str | None:
        """Return `here` for a value by which the page is already filtered."""
        return "here" if value in getattr(self.narrowing, field) else None


@lru_cache
def _split_query(narrowing: LeadFilter, field: str) -> tuple[str, str]:
    """Return the parts of a query before and after a field. The order of fields is fixed."""
    pairs = [[(name, value) for value in getattr(narrowing, name)] for name in CHECKS]
    at = list(CHECKS).index(field)
    before, after = (urlencode(list(chain.from_iterable(some))) for some in (pairs[:at], pairs[at + 1 :]))
    return before and f"{before}&", after and f"&{after}"


def build_bar_chart(
    name: str,
    heads: Sequence[str],
    counts: Iterable[ValueCount],
    field: str,
    upon: ChartTarget,
    label: Callable[[str], str],
) -> Chart:
    """Return a chart of leads by a field: largest count first, unknown values last."""
    ranked = sorted(counts, key=lambda count: (count.key is None, -count.leads, count.key or ""))
    marks = (
        ChartRow(
            ((label(value_count.key or NOT_KNOWN), None), format_count(value_count.leads)),
            upon.to(field, value_count.key or NOT_KNOWN),
            "undetermined" if value_count.key is None else upon.is_by(field, value_count.key),
        )
        for value_count in ranked
    )
    return Chart("bars", name, tuple(heads), tuple(marks))


def build_state_chart(
    name: str, heads: Sequence[str], counts: Iterable[ValueCount], upon: ChartTarget, word: Messages
) -> Chart:
    """Return a chart of leads by state.

    States with leads come first, then values that are no state (`undetermined` first; these become bars without a
    code), then states without leads.
    """
    result = {count.key: count.leads for count in counts}
    known = sorted(tiles.load_country().tiles, key=lambda tile: (-result.get(tile.code, 0), tile.name))
    of_states = [
        ChartRow(
            ((tile.short, tile.code), (word(f"state.{tile.code}"), None), format_count(result.get(tile.code, 0))),
            upon.to("place", tile.code),
            upon.is_by("place", tile.code),
        )
        for tile in known
    ]
    with_leads = sum(1 for tile in known if result.get(tile.code))
    marks = of_states[:with_leads]
    for kind in (place_kind for place_kind in PlaceKind if place_kind is not PlaceKind.STATE):
        is_undetermined = kind is PlaceKind.UNDETERMINED
        if result.get(kind.value, 0) or is_undetermined:
            cells = (("", ""), (word(f"place_kind.{kind.value}"), None), format_count(result.get(kind.value, 0)))
            state = "undetermined" if is_undetermined else None
            marks.append(ChartRow(cells, upon.to("place", kind.value), state))
    return Chart("states", name, tuple(heads), (*marks, *of_states[with_leads:]), link_cell=1)


def build_district_chart(
    name: str, heads: Sequence[str], counts: Iterable[ValueCount], upon: ChartTarget, language: str
) -> Chart:
    """Return a chart of leads by district, each at its position with its radius of uncertainty."""
    marks = []
    for count in sorted(counts, key=lambda each: (-each.leads, each.key or "")):
        if count.key is None:
            continue
        state, _, district = count.key.partition("/")
        at = count.middle
        where = (f"{at.latitude:.3f}", f"{at.longitude:.3f}", f"{at.radius_km or 0:.0f}") if at else ("", "", "")
        named = f"{district}, {messages.translate_state(state, language)}"
        cells = ((named, None), *((text, text) for text in where), format_count(count.leads))
        here = upon.is_by("district", count.key)
        marks.append(ChartRow(cells, upon.to("district", count.key), here))
    return Chart("districts", name, tuple(heads), tuple(marks))


def build_day_chart(
    name: str, heads: Sequence[str], counts: Iterable[ValueCount], upon: ChartTarget, today: date, language: str
) -> Chart:
    """Return a chart of leads by the day of their first visit. Days without leads in between count 0."""
    result = {date.fromisoformat(count.key): count.leads for count in counts if count.key}
    if not result:
        return Chart("days", name, tuple(heads), ())
    first, last = max(min(result), max(result) - timedelta(days=MOST_DAYS)), max(result)
    marks = []
    for at in range((last - first).days + 1):
        on = first + timedelta(days=at)
        state = upon.is_by("day", on.isoformat()) or ("so-far" if on == today else None)
        cells = ((messages.format_day(on, language), on.isoformat()), format_count(result.get(on, 0)))
        marks.append(ChartRow(cells, upon.to("day", on.isoformat()), state))
    return Chart("days", name, tuple(heads), tuple(marks))


def build_hour_chart(
    name: str, heads: Sequence[str], counts: Iterable[ValueCount], upon: ChartTarget, word: Messages
) -> Chart:
    """Return a chart of leads by weekday and hour of their first visit, in Indian Standard Time."""
    marks = []
    for count in counts:
        if count.key is None:
            continue
        weekday, _, hour = count.key.partition("T")
        cells = (
            (f"{int(hour):02}:00", str(int(hour))),
            (word(f"weekday.{weekday}"), weekday),
            format_count(count.leads),
        )
        here = upon.is_by("hour", count.key)
        marks.append(ChartRow(cells, upon.to("hour", count.key), here))
    return Chart("hours", name, tuple(heads), tuple(marks))


def build_funnel_chart(name: str, heads: Sequence[str], counts: Funnel, upon: ChartTarget, word: Messages) -> Chart:
    """Return a chart of the steps from frames to corroborated subscribers."""
    query = f"/leads?{upon.narrowing.query}"
    steps = (
        ("frames", counts.frames, "/exhibits"),
        ("visits", counts.visits, query),
        ("sessions", counts.sessions, query),
        ("leads", counts.leads, query),
        ("subscriber", counts.subscriber, upon.to("ceiling", "subscriber", "/leads")),
        ("corroborated", counts.corroborated, "/notices"),
    )
    marks = tuple(
        ChartRow(((word(f"funnel.{step}"), None), format_count(count)), where) for step, count, where in steps
    )
    return Chart("funnel", name, tuple(heads), marks)
