"""Apply layouts to rows of headings, and choose the one that fits best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sightline.errors import UnknownFormat
from sightline.model import NoticeKind
from sightline.stages.resolve.replies.address_spaces import SEPARATE
from sightline.stages.resolve.replies.asked_answers import asks_for_danger
from sightline.stages.resolve.replies.column_kinds import SideColumn, find_column_kind
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.reply_layouts import RECORD_FIELDS, ReplyLayout
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.stacked_headings import LEAST_GROUPS, find_unread_groups, join_headings

_ONE_LINE = frozenset({"msisdn", "imsi", "user_id", "line", "circuit"})
"""Fields of which a second column in a table of assignments may be the customer's, not the line's."""
_OF_A_LINE = frozenset({"circuit", "user_id", "account"})
"""Fields beside which `Mobile No` in a table of assignments is the customer's contact number."""
HEADING_ROWS = 60
"""The first rows of a table, one of which must be its headings."""
MOST_SHOWN, LONGEST_SHOWN = 30, 60
"""Headings of an unknown table that an error names, and letters of each."""
TABLES = frozenset({"table", "deterministic", "requests"})
"""Shapes of layouts that are tables with headings."""
_ADDRESS_AND_PORT = re.compile(
    r"((?:\bip(?:v[46])?|address))\s*(?:[&:/+]|\band\b)\s*ports?(?:\s*(?:no|number|range|block)\.?)?\s*$", re.IGNORECASE
)
"""A heading for both (`Public IP & Port`): the address, whose cell may include the port."""
_ONCE = RECORD_FIELDS - {"msisdn", "line", "circuit", "user_id", "account", "imsi", "remark"}


Twice = list[tuple[str, int, int]]
"""Fields with two columns, and both of these."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A layout applied to headings: the column of each field, from 0. `known`: how many of them it knows.

    `twice`: fields with two columns, and both of these: they must agree in every row. `marks`: all other columns, each
    of which confirms a row or doubts it. `headings`: their texts, which a line further down may repeat; `lower`: those
    of the lower row, where headings of two rows were joined, and `groups` the cells above that no heading has.
    """

    layout: ReplyLayout
    places: Mapping[str, int]
    width: int
    known: int
    unknown: tuple[str, ...]
    missing: tuple[frozenset[str], ...]
    twice: tuple[tuple[str, int, int], ...]
    marks: tuple[SideColumn, ...] = ()
    headings: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return whether every required field is present."""
        return not self.missing


def fit_headings(layout: ReplyLayout, headings: Sequence[str]) -> Fit:
    """Apply a layout to some headings."""
    places: dict[str, int] = {}
    twice: Twice = []
    unknown: dict[int, str] = {}
    known = 0
    for at, text in enumerate(headings):
        name = reduce_heading(_ADDRESS_AND_PORT.sub(r"\1", text))
        field = layout.fields.get(name)
        if field is not None:
            known += 1
            if field not in places:
                places[field] = at
            elif field in {"from_date", "until_date"}:
                pass
            elif field in _ONCE or (field in _ONE_LINE and layout.reply is NoticeKind.RECORDS):
                twice.append((field, places[field], at))
        elif name in layout.ignored:
            known += 1
        elif _is_weighty(layout, text, name):
            unknown[at] = text.strip().lstrip("\ufeff")
    if not {"psid", "psid_offset", "psid_length"} <= places.keys():
        # Alone, `Offset` may be the zone's. A rule of MAP has its offset beside its bits.
        unused = {"psid", "psid_length"} | ({"psid_offset"} if "ea_bits" not in places else set())
        places = {field: at for field, at in places.items() if field not in unused}
    is_of_a_line = layout.reply is NoticeKind.RECORDS and "msisdn" in places and _OF_A_LINE & places.keys()
    if is_of_a_line and reduce_heading(headings[places["msisdn"]]).startswith("mobile"):
        del places["msisdn"]
    _settle_fields(layout, places, headings)
    twice = _settle_framed(places, headings, twice)
    if layout.reply is NoticeKind.RECORDS:
        twice, more = _settle_times(layout, places, headings, twice)
        known += more
    if "duration" in places and {"end", "end_date"} & places.keys() and not {"start", "start_date"} & places.keys():
        places["lifetime"] = places.pop("duration")  # the end, and how long it had lasted
    missing = tuple(field for field in layout.required if not field & places.keys())
    return Fit(
        layout,
        places,
        len(headings),
        known,
        tuple(text for at, text in unknown.items() if at not in places.values()),
        missing,
        tuple(twice),
        _list_marks(layout, places, headings, twice),
        tuple(headings),
    )


def _is_weighty(layout: ReplyLayout, text: str, name: str) -> bool:
    """Whether a heading that the layout does not know may change what the rows say."""
    return bool(
        text.strip()
        and find_column_kind(layout, text) == "other"
        and load_shared_words().weighty & {*split_words(text), name}
        and not asks_for_danger(text)
    )


def _settle_fields(layout: ReplyLayout, places: dict[str, int], headings: Sequence[str]) -> None:
    """Set the fields of columns that only the other columns tell: which are times of day, which id is the line's."""
    if layout.name == "dhcp-leases" and {"user_id", "account"} & places.keys():
        places.pop("circuit", None)  # a port of a relay agent, which counts its own (RFC 3046): the user is the line
    for edge in ("start", "end"):
        # Beside a date column, a column named only "time" is the time of day.
        if f"{edge}_date" in places and edge in places and f"{edge}_clock" not in places:
            places[f"{edge}_clock"] = places.pop(edge)
    for edge in ("start", "end"):
        # A licence's heading of a time of day may stand above date and time.
        if f"{edge}_clock" in places and edge not in places and not {"start_date", f"{edge}_date"} & places.keys():
            places[edge] = places.pop(f"{edge}_clock")
    if "start_date" in places and "end" in places and reduce_heading(headings[places["start_date"]]) == "date":
        places |= {"end_date": places["start_date"], "end_clock": places.pop("end")}  # one date for both times of day


_OF_TRANSLATION = frozenset({"nat", "natted", "nated", "public", "translated", "external"})


def _settle_framed(places: dict[str, int], headings: Sequence[str], twice: Twice) -> Twice:
    """Return the fields with two columns without `Framed IP` beside `NAT IP`: it is then the address inside."""
    left: Twice = []
    for field, one, other in twice:
        framed = [at for at in (one, other) if reduce_heading(headings[at]).startswith("framed")]
        public = next((at for at in (one, other) if _OF_TRANSLATION & {*split_words(headings[at])}), None)
        if field != "ip" or len(framed) != 1 or public is None or "inside_ip" in places:
            left.append((field, one, other))
            continue
        places |= {"ip": public, "inside_ip": framed[0]}
    return left


_STARTS = frozenset({"start", "start_date", "start_clock", "start_day", "lifetime"})
_ENDS = frozenset({"end", "end_date", "end_clock", "duration"})
_OF_EVENTS = frozenset({"time", "timestamp", "datetime", "dateandtime", "logtime", "logdatetime"})
_OF_LINES = _ONE_LINE | {"account"}


def _settle_times(
    layout: ReplyLayout, places: dict[str, int], headings: Sequence[str], twice: Twice
) -> tuple[Twice, int]:
    """Add the times of headings that say so only together: `From` and `To`, `Login` and `Logout`, `Time` of an event.

    Returns the fields that still have two columns, and how many more headings are known. Our own rows have `From` and
    `Until`, which are the question's.
    """
    if _STARTS & places.keys() or not {"ip", "source_ip"} & places.keys():
        return twice, 0
    at_of: dict[str, int] = {}
    for at, text in enumerate(headings):
        at_of.setdefault(reduce_heading(text), at)
    login = at_of.get("login")
    second = [column for column in twice if column[0] == "user_id" and column[2] == login]
    has_another = login == places.get("user_id") and len(_OF_LINES & places.keys()) > 1
    if login is not None and "logout" in at_of and (second or has_another):
        if has_another:
            del places["user_id"]
        places["start"] = login
        return [column for column in twice if column not in second], 0
    is_named = bool(_OF_LINES & places.keys())
    if is_named and "row_id" not in places and not _ENDS & places.keys() and {"from", "to"} <= at_of.keys():
        places |= {"start": at_of["from"], "end": at_of["to"]}
        return twice, 2
    times = [at_of[field] for field in _OF_EVENTS if field in at_of]
    if (
        len(times) == 1
        and not _ENDS & places.keys()
        and any(find_column_kind(layout, heading) == "event" for heading in headings)
    ):
        places["start"] = times[0]
        return twice, 1
    return twice, 0


def _is_planned(heading: str) -> bool:
    """Whether a heading of an end says when a lease would run out. Kea's own table has a row for each change."""
    return "expir" in reduce_heading(heading) and reduce_heading(heading) != "expire"


def _list_marks(
    layout: ReplyLayout, places: Mapping[str, int], headings: Sequence[str], twice: Sequence[tuple[str, int, int]]
) -> tuple[SideColumn, ...]:
    """The columns that are no facts, with their kinds."""
    facts = {at for field, at in places.items() if field != "remark"} | {at for _, *both in twice for at in both}
    planned = [at for edge in ("end", "end_date") if (at := places.get(edge)) is not None and _is_planned(headings[at])]
    facts -= {*planned}
    spaces: set[int] = set()
    if layout.name == "access-log" or not (_OF_A_LINE | _ONE_LINE) & places.keys():
        # A two-step reply: each of these assigns inside addresses again.
        spaces = {at for at, text in enumerate(headings) if SEPARATE & {*split_words(text)}}
    return tuple(
        SideColumn(
            at,
            text,
            "planned" if at in planned else "space" if at in spaces else find_column_kind(layout, text),
            layout.confirming.get(reduce_heading(text), frozenset()),
        )
        for at, text in enumerate(headings)
        if at not in facts
    )


def find_best(layouts: Sequence[ReplyLayout], rows: list[list[str]]) -> tuple[int, Fit] | None:
    """Return the first row that is the headings of a layout, and the layout that knows most of them.

    Returns None if no row is.

    Headings in two rows are joined: then `rows` has them in the lower row, and nothing in the upper one.
    """
    known = {name for layout in layouts for name in layout.fields} | load_shared_words().kinds.keys()
    for at, cells in enumerate(rows):
        fit = _choose_best_fit(layouts, cells, rows, at)
        stacked = None
        if at and (headings := join_headings(rows[at - 1], cells, lambda text: reduce_heading(text) in known)):
            stacked = _choose_best_fit(layouts, headings, rows, at)
        if stacked is not None and (fit is None or _measure_clarity(stacked) > _measure_clarity(fit)):
            groups = find_unread_groups(rows[at - 1], cells, stacked.headings)
            rows[at - 1 : at + 1] = [[""] * len(cells), list(stacked.headings)]
            return at, replace(stacked, lower=tuple(cells), groups=tuple(groups))
        if fit is not None:
            return at, replace(fit, groups=_list_groups_above(rows[at - 1], cells)) if at else fit
    return None


def _list_groups_above(upper: Sequence[str], cells: Sequence[str]) -> tuple[str, ...]:
    """The cells of a row above headings that stand above half of them or more, and so are no title."""
    above = [cell for cell in upper if cell.strip()]
    is_of_groups = len(above) > LEAST_GROUPS and 2 * len(above) >= len(cells)
    return tuple(find_unread_groups(upper, cells, cells)) if is_of_groups else ()


def _choose_best_fit(
    layouts: Sequence[ReplyLayout], cells: Sequence[str], rows: Sequence[Sequence[str]], at: int
) -> Fit | None:
    """The layout that knows most of some headings, which are row `at`; None if they are those of no layout."""
    fits = [fit for layout in layouts if layout.shape in TABLES and (fit := fit_headings(layout, cells)).is_whole]
    fits = [fit for fit in fits if len(layouts) == 1 or _shows_ranges(fit, rows[at + 1 :])]
    if len(fits) > 1:
        fits = [fit for fit in fits if _has_parameters(fit.layout, rows[:at])] or fits
    if not fits:
        return None
    return max(fits, key=lambda one: (-len(one.unknown), one.known, one.layout.rank, one.layout.name))


def _measure_clarity(fit: Fit) -> tuple[int, int]:
    """How clear headings are: the fewest of them unknown or repeated, then the most known."""
    return -len(fit.unknown) - len(fit.twice), fit.known


def _has_parameters(layout: ReplyLayout, above: Sequence[Sequence[str]]) -> bool:
    """Whether a layout needs no parameters above its table, or one of them stands there."""
    if layout.shape != "deterministic":
        return True
    names = {reduce_heading(name) for ones in layout.content["parameters"].values() for name in ones}
    return any(reduce_heading(re.split("[:=]", cell)[0]) in names for cells in above for cell in cells if cell.strip())


def _shows_ranges(fit: Fit, below: Sequence[Sequence[str]]) -> bool:
    """Whether ports of a layout of ranges are ranges: in columns of their own, or by the first rows."""
    at = fit.places.get("port")
    if not fit.layout.content.get("ranges") or at is None or "port_from" in fit.places:
        return True
    return any(re.fullmatch(r"\s*[0-9]+\s*-\s*[0-9]+\s*", cells[at]) for cells in below if at < len(cells))


def check_fit(fit: Fit) -> Fit:
    """Return the fit. Raises UnknownFormat if an undeclared column may change the meaning of a row."""
    if fit.unknown:
        names = ", ".join(map(repr, fit.unknown))
        raise UnknownFormat(
            f"read as {fit.layout.name}, but it is not known what these columns are: {names}",
            hint="say what they are, or that they are ignored, in --layout FILE.toml (docs/reference/replies.md)",
        )
    return fit


def build_headings_error(layouts: Sequence[ReplyLayout], rows: Sequence[Sequence[str]]) -> UnknownFormat:
    """Return the error for a table without a row of known headings."""
    nearest = max(
        (fit_headings(layout, cells) for layout in layouts if layout.shape in TABLES for cells in rows),
        key=lambda fit: (fit.known, -len(fit.missing)),
        default=None,
    )
    hint = "docs/reference/replies.md says which are read; other headings: --layout FILE.toml"
    seen = [f"headings seen: {', '.join(map(repr, cells))}" for cells in _find_heading_cells(rows)]
    if nearest is None or not nearest.known:
        what = "no row of the first ones has headings of a reply that is known"
        return UnknownFormat(what, hint=hint, details=seen)
    lacks = "; ".join(" or ".join(sorted(field)) for field in nearest.missing)
    what = f"nearest is {nearest.layout.name}, which lacks a column for: {lacks}"
    return UnknownFormat(what, hint=hint, details=seen)


def _find_heading_cells(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the cells of the first row that can be headings: two or more short texts, and none with a figure."""
    for row in rows:
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) > 1 and not any(letter.isdigit() for cell in cells for letter in cell):
            return [[cell[:LONGEST_SHOWN] for cell in cells[:MOST_SHOWN]]]
    return []
