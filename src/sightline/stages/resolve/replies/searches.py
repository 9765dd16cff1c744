"""Compare what a clerk searched for, in columns that repeat the question, with the row that was found."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.reply_times import DAY_US

_ASKED_ADDRESSES = frozenset(
    f"{asked}{address}"
    for asked in ("asked", "requested", "queried", "searched", "search", "input")
    for address in ("ip", "ipaddress", "ipaddr", "publicip", "address")
)
"""Headings of the address that a clerk searched for."""
_OF_A_WINDOW = frozenset("from to start end until utc ist".split())
_OF_THE_QUERY = frozenset({"querytime", "querydate", "dateofquery", "timeofquery", "querytimestamp"})
"""Headings of the time that was searched for, or of the time at which the licensee searched: that is days later."""
ZONES_APART_US = [0, 330 * 60_000_000, -330 * 60_000_000]
"""A clerk may send the time back as the question had it: in India's time, or in UTC."""
SEARCH_SLACK_US = 60_000_000
_CLOCK = r"(?i)^[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:\.[0-9]+)?)?(?: ?[ap]\.?m\.?)?$"
_END = 1 << 62


def doubt_searches(
    assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[SideColumn], readers: Readers
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where the address or the time that was searched for is not of their row.

    Times are those of one zone: of that in which most of them lie within their rows. A date alone must be a day of the
    row, a clock alone an hour of it. `searched_us`: the time that was searched for, where one column or two give it
    whole.
    """
    for mark in marks:
        if reduce_heading(mark.heading) in _ASKED_ADDRESSES:
            asked = readers.read_addresses(frame[f"c{mark.at}"].str.strip_chars())["ip"]
            beside = _join_columns(assigned, frame, asked=asked)
            is_other = (pl.col("asked") != pl.col("ip")) & ~pl.col("ip").str.contains("/", literal=True)
            assigned = _add_doubt(beside, is_other, mark).drop("asked")
    asked_marks = [column for column in marks if _is_time(column) and not _OF_A_WINDOW & {*split_words(column.heading)}]
    for one, times in _read_times(frame, asked_marks, readers):
        assigned = _doubt_instants(_join_columns(assigned, frame, asked=times), one)
    for mark in asked_marks:
        if mark.kind == "asked":
            text = _get_text(frame, mark)
            assigned = _doubt_days(_join_columns(assigned, frame, day=readers.read_days(text)["day"]), mark)
            assigned = _doubt_clocks(_join_columns(assigned, frame, clock=_parse_clocks(text, readers)), mark)
    return assigned


def _is_time(mark: SideColumn) -> bool:
    return mark.kind == "asked" or reduce_heading(mark.heading) in _OF_THE_QUERY


def _get_text(frame: pl.DataFrame, mark: SideColumn) -> pl.Series:
    return frame[f"c{mark.at}"].str.strip_chars().str.slice(0, 40)


def _join_columns(assigned: pl.DataFrame, frame: pl.DataFrame, **columns: pl.Series) -> pl.DataFrame:
    return assigned.join(frame.select("row", **columns), on="row", how="left", maintain_order="left")


def _add_doubt(beside: pl.DataFrame, is_other: pl.Expr, mark: SideColumn) -> pl.DataFrame:
    doubt = pl.when(is_other.fill_null(value=False)).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
    return beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


def _read_times(
    frame: pl.DataFrame, marks: Sequence[SideColumn], readers: Readers
) -> list[tuple[SideColumn, pl.Series]]:
    """The whole times of columns; of a date and a clock column beside each other, if there are only these two."""
    readable_marks = [(mark, readers.read_instants(_get_text(frame, mark))["us"]) for mark in marks]
    readable_marks = [(one, times) for one, times in readable_marks if times.null_count() < len(times)]
    if readable_marks or len(marks) != 2:
        return readable_marks
    date, clock = sorted(marks, key=lambda one: bool(_is_clock(_get_text(frame, one)).any()))
    if not _is_clock(_get_text(frame, clock)).any():
        return []
    return [(clock, readers.read_instants_of_two(_get_text(frame, date), _get_text(frame, clock))["us"])]


def _is_clock(text: pl.Series) -> pl.Series:
    return text.str.contains(_CLOCK)


def _derive_edges() -> tuple[pl.Expr, pl.Expr]:
    return pl.col("start_us") - SEARCH_SLACK_US, pl.coalesce("end_us", pl.lit(_END)) + SEARCH_SLACK_US


def _doubt_instants(beside: pl.DataFrame, mark: SideColumn) -> pl.DataFrame:
    begins, ends = _derive_edges()
    if reduce_heading(mark.heading) in _OF_THE_QUERY:
        is_later = pl.col("asked") > pl.coalesce("end_us", "start_us") + DAY_US
        beside = beside.with_columns(asked=pl.when(~is_later).then("asked"))
    within = [(pl.col("asked") + us).is_between(begins, ends) for us in ZONES_APART_US]
    counts = beside.select(one.sum().alias(str(at)) for at, one in enumerate(within)).row(0)
    best = counts.index(max(counts))
    doubted = _add_doubt(beside, ~within[best], mark)
    known = [name for name in ("searched_us", "asked") if name in doubted.columns]
    return doubted.with_columns(searched_us=pl.coalesce(known)).drop("asked")


def _doubt_days(assigned: pl.DataFrame, mark: SideColumn) -> pl.DataFrame:
    """Doubt rows of which the day that was searched for (`day`), in India or in UTC, has no part."""
    if assigned["day"].null_count() == assigned.height:
        return assigned.drop("day")
    first, last = _derive_edges()
    begins = [pl.col("day") * DAY_US - us for us in ZONES_APART_US[:2]]
    is_within = pl.any_horizontal((begin + DAY_US > first) & (begin <= last) for begin in begins)
    return _add_doubt(assigned, ~is_within, mark).drop("day")


def _parse_clocks(text: pl.Series, readers: Readers) -> pl.Series:
    """The times of day (µs) of texts that are a clock alone."""
    clocks = pl.select(pl.when(_is_clock(text)).then(text)).to_series()
    dates = pl.repeat("1970-01-02", len(text), dtype=pl.String, eager=True)
    instants = readers.read_instants_of_two(dates, clocks)["us"]
    return pl.select(pl.when(clocks.is_not_null()).then(instants)).to_series()


def _doubt_clocks(beside: pl.DataFrame, mark: SideColumn) -> pl.DataFrame:
    """Doubt rows that have no instant at the time of day that was searched for."""
    if beside["clock"].null_count() == beside.height:
        return beside.drop("clock")
    first, last = _derive_edges()
    behind = [(pl.col("clock") + us + 2 * DAY_US - first % DAY_US) % DAY_US for us in ZONES_APART_US]
    within = [expression <= last - first for expression in behind]
    counts = beside.select(one.sum().alias(str(at)) for at, one in enumerate(within)).row(0)
    return _add_doubt(beside, ~within[counts.index(max(counts))], mark).drop("clock")
