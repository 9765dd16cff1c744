"""Decide by the first values of a table what a column is whose heading may mean several things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sightline.errors import UnknownFormat
from sightline.stages.resolve.replies import assignment_table, cell_text, reply_times
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.column_kinds import SideColumn, find_column_kind
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.heading_fit import Fit

_TIMES = frozenset({"start", "end", "seen", "event_time"})
_AREA = re.compile(r"(?:zone|area)[ -]?[0-9a-z]{1,3}|(?:north|south|east|west|central)(?: zone)?", re.IGNORECASE)
"""An area of a network under the heading `Zone`."""
_MOST_ROWS = 500


def settle_by_values(fit: Fit, headings: Sequence[str], sample: Sequence[Sequence[str]]) -> Fit:
    """Return the fit with columns as their first values show them.

    Of two columns that may be one time or one address, one whose cells have no figure is none: it says yes or no, or
    why a session ended. A `Date` beside times that have their own dates is compared, and places nothing. A `Zone` of
    areas is no time zone. Raises UnknownFormat for `From` and `To` that may be what was searched for.
    """
    _check_from_and_to(fit, headings, sample)
    rows = [cells for cells in sample[:_MOST_ROWS] if not assignment_table.is_heading(cells, headings)]
    fit = _without_words(fit, headings, rows)
    fit = _without_contacts(fit, headings, rows)
    fit = _without_spare_date(fit, headings, rows)
    marks = tuple(
        replace(mark, kind="place") if mark.kind == "zone" and _is_of_areas(mark, rows) else mark for mark in fit.marks
    )
    return replace(fit, marks=marks)


def _check_from_and_to(fit: Fit, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Raise UnknownFormat if all times under `From` and `To` are of whole minutes, as those of a search are."""
    at = [fit.places.get(name, -1) for name in ("start", "end")]
    if [reduce_heading(headings[column]) for column in at if column >= 0] != ["from", "to"]:
        return
    if all(_OF_A_MINUTE.search(text) for column in at for text in _list_cells(rows, column)):
        raise UnknownFormat(
            "its times under 'From' and 'To' are all of whole minutes: they may be what was searched for",
            hint="ask when each assignment began and ended, or say what the columns are: --layout FILE.toml",
        )


_OF_A_MINUTE = re.compile(r"^[^:]*$|^[^:]*[0-9]{1,2}:[0-9]{2}(?::00(?:\.0+)?)?(?![:0-9])")


def _list_cells(rows: Sequence[Sequence[str]], at: int) -> Iterator[str]:
    for cells in rows:
        if at < len(cells) and (text := cells[at].strip()) and text.lower() not in cell_text.ABSENT:
            yield text


def _add_mark(fit: Fit, headings: Sequence[str], at: int) -> tuple[SideColumn, ...]:
    kind = find_column_kind(fit.layout, headings[at])
    return (
        *fit.marks,
        SideColumn(at, headings[at], kind, fit.layout.confirming.get(reduce_heading(headings[at]), frozenset())),
    )


def _without_words(fit: Fit, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Fit:
    for field, one, other in fit.twice:
        if field not in _TIMES and field != "ip":
            continue
        wordy = [at for at in (one, other) if (cells := [*_list_cells(rows, at)]) and not any(map(_has_figure, cells))]
        if len(wordy) != 1:
            continue
        left = other if wordy[0] == one else one
        places = {**fit.places, field: left} if fit.places[field] == wordy[0] else fit.places
        twice = tuple(known for known in fit.twice if known != (field, one, other))
        fit = replace(fit, places=places, twice=twice, marks=_add_mark(fit, headings, wordy[0]))
    return fit


_MOBILE = re.compile(r"(?:\+?91|0)?[ -]?[6-9][0-9]{4}[ -]?[0-9]{5}", re.ASCII)
_OF_A_PHONE = ("phone", "telephone", "tel", "contact")


def _without_contacts(fit: Fit, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Fit:
    """Return the fit without a telephone column as the line, if all rows have an id and its numbers are mobile ones.

    Such a number is how the operator reaches the customer of a fixed line.
    """
    at = fit.places.get("line")
    ids = [fit.places[name] for name in ("circuit", "user_id", "account") if name in fit.places]
    if at is None or not ids or not reduce_heading(headings[at]).startswith(_OF_A_PHONE):
        return fit
    named = [cells for cells in rows if at < len(cells) and any(True for _ in _list_cells([cells], at))]
    has_ids = all(any(True for id_ in ids for _ in _list_cells([cells], id_)) for cells in named)
    if not named or not has_ids or not all(_MOBILE.fullmatch(text) for text in _list_cells(named, at)):
        return fit
    places = {field: place for field, place in fit.places.items() if field != "line"}
    return replace(fit, places=places, marks=(*fit.marks, SideColumn(at, headings[at], "phone")))


def _has_figure(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _without_spare_date(fit: Fit, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Fit:
    """Return the fit without a date column beside clock columns whose cells all have a date of their own."""
    places = dict(fit.places)
    clocks = [name for name in ("start_clock", "end_clock") if name in places]
    if not clocks or "start_date" not in places or not _OF_ONE_DATE & {reduce_heading(headings[places["start_date"]])}:
        return fit
    texts = [text for clock in clocks for text in _list_cells(rows, places[clock])]
    if not texts or not all(map(_has_date, texts)):
        return fit
    at = places.pop("start_date")
    if places.get("end_date") == at:
        del places["end_date"]
    if "end_date" in places:
        return fit
    for stated in clocks:
        places[stated.partition("_")[0]] = places.pop(stated)
    mark = SideColumn(at, headings[at], "day")
    return replace(fit, places=places, marks=(*fit.marks, mark))


_OF_ONE_DATE = frozenset({"date", "startdate", "sessiondate", "dateofsession", "logindate"})


def _has_date(text: str) -> bool:
    try:
        date, _ = reply_times.split_time(text)
    except UnreadableValue:
        return False
    return any(letter.isdigit() for letter in date)


def _is_of_areas(mark: SideColumn, rows: Sequence[Sequence[str]]) -> bool:
    if reduce_heading(mark.heading) != "zone":
        return False
    texts = [*_list_cells(rows, mark.at)]
    return bool(texts) and all(_AREA.fullmatch(text) for text in texts)
