"""Find cells of a row that contradict its other cells: two zones, a start a year early, a port as the line's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.stages.resolve.model import RowStatement
from sightline.stages.resolve.replies import cell_text
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.column_times import place_times
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.reply_times import DAY_US
from sightline.stages.scan.options import ZoneTable
from sightline.stages.scan.zones import build_zone_table

_STARTS, _ENDS = ("start", "start_clock"), ("end", "end_clock")
_NAMES = r"Z|UTC|GMT|IST|(?:UTC|GMT) ?[+-][0-9]{1,2}(?::?[0-9]{2})?"
_OFFSET = rf"(?i):[0-9]{{2}}(?:[.,][0-9]{{1,9}})? ?(?:[ap]m)? ?\(?({_NAMES}|[+-][0-9]{{2}}:?[0-9]{{2}})\)?$"
_ZONE = rf"(?i)^\(?({_NAMES}|[+-][0-9]{{1,2}}:?[0-9]{{2}})\)?$"
_NAMED = {"Z": 0, "UTC": 0, "GMT": 0, "IST": 330}
_YEAR_DAYS = (364, 367)
"""The length of an assignment whose start is a year early, in days. A contract of a year begins at midnight."""


_MOST_FIGURES_OF_A_PORT = 5
_MOST_DAYS, _MOST_PORTS = 14, 60_000
"""No session has a block of ports for longer: one of the two dates is wrong."""


_INDIA_MINUTES = 330


def doubt_slips(
    assigned: pl.DataFrame,
    frame: pl.DataFrame,
    places: Mapping[str, int],
    headings: Sequence[str],
    marks: Sequence[SideColumn],
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where one cell of the row contradicts another.

    `frame`: the rows' texts (`row`, `c0`, ...); `places`: the column of each field.
    """
    texts = frame.select(
        "row",
        start=_derive_offset_minutes(frame, [f"c{places[start]}" for start in _STARTS if start in places], _OFFSET),
        end=_derive_offset_minutes(frame, [f"c{places[end]}" for end in _ENDS if end in places], _OFFSET),
        zone=_derive_offset_minutes(frame, [f"c{mark.at}" for mark in marks if mark.kind == "zone"], _ZONE),
    )
    stated = texts.filter(pl.any_horizontal(pl.col("start", "end", "zone").is_not_null()))
    beside = assigned.with_columns(pl.lit(None, pl.Int64).alias(name) for name in ("start", "end", "zone"))
    if stated.height:
        beside = assigned.join(stated, on="row", how="left", maintain_order="left")
    lasts = pl.col("end_us") - pl.col("start_us")
    # The offset of India, and of UTC: a contract's first day begins at midnight in either.
    is_midnight = pl.any_horizontal(*((pl.col("start_us") + us) % DAY_US == 0 for us in (0, 330 * 60_000_000)))
    is_year = lasts.is_between(_YEAR_DAYS[0] * DAY_US, _YEAR_DAYS[1] * DAY_US) & ~is_midnight
    is_block = pl.col("port_from").is_not_null() & (pl.col("port_to") - pl.col("port_from") < _MOST_PORTS)
    is_year |= is_block & (lasts > _MOST_DAYS * DAY_US) & ~is_midnight
    is_year &= ~pl.col("is_static").fill_null(value=False)
    has_short = assigned.select((pl.col("number").str.len_bytes() <= _MOST_FIGURES_OF_A_PORT).any()).item()
    ports = ("port_from", "port_to", "destination_port") if has_short else ()
    is_port = pl.any_horizontal(
        *(pl.col("number") == pl.col(name).cast(pl.String) for name in ports), pl.lit(value=False)
    )
    # One time states a zone other than India's and the other one none: it may be of that zone too.
    is_half_stated = (pl.col("start").is_null() != pl.col("end").is_null()) & pl.col("end_us").is_not_null()
    is_half_stated &= pl.coalesce("start", "end") != _INDIA_MINUTES
    result = [
        (pl.col("start") != pl.col("end"), _find_heading(headings, places, _ENDS)),
        (is_half_stated & pl.col("zone").is_null(), _find_heading(headings, places, _ENDS)),
        (pl.coalesce("start", "end") != pl.col("zone"), _find_zone_heading(marks)),
        (is_year, _find_heading(headings, places, ("start", "start_date", "start_clock"))),
        (is_port, "port"),
        # A packet of the answer: the address inside the network is the server's.
        (pl.col("inside_ip") == pl.col("destination_ip"), _find_heading(headings, places, ("inside_ip",))),
    ]
    doubts = [pl.when(mask.fill_null(value=False)).then(pl.lit(heading)) for mask, heading in result]
    return beside.with_columns(doubted_by=pl.coalesce("doubted_by", *doubts)).drop("start", "end", "zone")


def doubt_spare_days(
    assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[SideColumn], readers: Readers, zone: ZoneTable | None
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a date column (`day`) beside full times is not the day of the start.

    A date that cannot be read doubts its row too.
    """
    for mark in marks:
        if mark.kind != "day":
            continue
        text = frame[f"c{mark.at}"].str.strip_chars().str.slice(0, 40)
        begins = place_times(readers.read_days(text)["day"] * DAY_US, None, 0, zone or build_zone_table("UTC"))["us"]
        is_said = ~text.str.to_lowercase().is_in(list(cell_text.ABSENT))
        beside = assigned.join(
            frame.select("row", begins=begins, is_said=is_said), on="row", how="left", maintain_order="left"
        )
        is_same = pl.col("start_us").is_between(pl.col("begins"), pl.col("begins") + DAY_US, closed="left")
        doubt = pl.when(pl.col("is_said") & ~is_same.fill_null(value=False)).then(pl.lit(mark.heading.strip()))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("begins", "is_said")
    return assigned


_UPDATES = frozenset({"acctupdatetime", "updatetime", "lastupdatetime", "lastupdate", "lastupdated", "lastupdatedtime"})
_OWN_SLACK_US = 60_000_000
"""One server writes both times: its update comes no earlier than the start."""
_UPDATE_SLACK_US = 15 * 60_000_000
"""A server may write the time of an update after a session's end a little later."""


def doubt_updates(
    assigned: pl.DataFrame, frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str], readers: Readers
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where the last update came before they began, or well after they ended.

    Of an open session the update must have come when as much of it had passed as its duration says (`duration_s`).
    """
    if not any(reduce_heading(heading) in _UPDATES for heading in headings):
        return assigned
    end = frame[f"c{places['end']}"] if "end" in places else pl.repeat("", frame.height, dtype=pl.String, eager=True)
    is_open = end.str.strip_chars().str.to_lowercase().is_in(list(cell_text.ABSENT))
    for at, heading in enumerate(headings):
        if reduce_heading(heading) not in _UPDATES:
            continue
        updates = frame.select(
            "row", updated=readers.read_instants(frame[f"c{at}"].str.strip_chars())["us"], is_open=is_open
        )
        beside = assigned.join(updates, on="row", how="left", maintain_order="left")
        slack = pl.lit(_UPDATE_SLACK_US)
        is_other = (pl.col("updated") + _OWN_SLACK_US < pl.col("start_us")) | (
            pl.col("updated") > pl.col("end_us") + slack
        )
        if "duration_s" in assigned.columns:
            passed_us = pl.col("start_us") + (pl.col("duration_s") * 1_000_000).cast(pl.Int64)
            is_other = is_other.fill_null(value=False)
            is_other |= pl.col("is_open") & ((passed_us - pl.col("updated")).abs() > slack)
        doubt = pl.when(is_other.fill_null(value=False)).then(pl.lit(heading.strip().lstrip("\ufeff")))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("updated", "is_open")
    return assigned


_ANOTHER_ROW = r"\n[^\n]*(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{2}:[0-9]{2}:[0-9]{2})"
"""A line of a cell with an address or a time in it."""


def doubt_swallowed(assigned: pl.DataFrame, frame: pl.DataFrame, headings: Sequence[str]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a cell has another row in it: a quotation mark was left open."""
    for at, heading in enumerate(headings):
        text = frame[f"c{at}"]
        if not text.str.contains("\n", literal=True).any():
            continue
        rows = frame["row"].filter(text.str.contains(_ANOTHER_ROW) & text.str.contains(",.*,|;.*;|\t.*\t"))
        doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(heading.strip().lstrip("\ufeff")))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned


_OF_OTHER_FACTS = frozenset(
    """
    sessionid acctsessionid plan package tariff circle lsa district state city town region zone pop exchange hostname
    host node nodename device nas nasname ticketno ticket requestno status
    """.split()
)
"""Headings of facts that are no id of a line."""


def doubt_other_facts(assigned: pl.DataFrame, frame: pl.DataFrame, headings: Sequence[str]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where the line's id is another fact of its row: a session, plan or place."""
    for at, heading in enumerate(headings):
        if reduce_heading(heading) not in _OF_OTHER_FACTS:
            continue
        facts = frame.select("row", fact=pl.col(f"c{at}").str.strip_chars().str.to_lowercase())
        beside = assigned.join(facts, on="row", how="left", maintain_order="left")
        is_same = (pl.col("number").str.to_lowercase() == pl.col("fact")) & (pl.col("fact") != "")
        doubt = pl.when(is_same.fill_null(value=False)).then(pl.lit(heading.strip().lstrip("\ufeff")))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("fact")
    return assigned


_DATE = r"^([0-9]{1,4})([-/.])([0-9]{1,2})[-/.]([0-9]{2,4})(?:[^0-9]|$)"
_LAST_MONTH = 12


def _count_forms(texts: pl.Series) -> int:
    """How many signs between figures, with the year first or last, the dates in some texts have."""
    parts = texts.str.strip_chars(" '\u00a0").str.extract_groups(r"^([0-9]{1,4})([-/.])").drop_nulls().struct
    forms = parts.field("2") + (parts.field("1").str.len_chars() == 4).cast(pl.String)
    return forms.drop_nulls().n_unique()


def doubt_mixed_dates(
    assigned: pl.DataFrame, frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str]
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a column has dates in two forms, and those of one end at the 12th.

    A program took for dates what it could, with day and month swapped, and left the others as they were written.
    """
    for field in ("start", "start_date", "end", "end_date"):
        if field not in places:
            continue
        at = places[field]
        if _count_forms(frame[f"c{at}"].str.head(12).unique()) < 2:
            continue
        text = pl.col(f"c{at}").str.strip_chars(" '\u00a0")
        first, middle, last = (text.str.extract(_DATE, group) for group in (1, 3, 4))
        is_year_first = first.str.len_chars() == 4
        form = pl.concat_str(text.str.extract(_DATE, 2), is_year_first.cast(pl.String))
        parts = [expression.cast(pl.Int64, strict=False) for expression in (first, middle, last)]
        highest = pl.when(is_year_first).then(pl.max_horizontal(*parts[1:])).otherwise(pl.max_horizontal(*parts[:2]))
        dates = frame.select("row", form=form, highest=highest).drop_nulls()
        by_form = dates.group_by("form").agg(pl.col("highest").max())
        low = by_form.filter(pl.col("highest") <= _LAST_MONTH)["form"]
        if by_form.height < 2 or low.is_empty() or len(low) == by_form.height:
            continue
        rows = dates.filter(pl.col("form").is_in(low.implode()))["row"]
        is_line = pl.col("says") == RowStatement.ASSIGNED.value
        doubt = pl.when(pl.col("row").is_in(rows.implode()) & is_line).then(pl.lit(headings[at].strip()))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned


_COMMON = frozenset(
    "ltd limited pvt private llp inc mobile telecom broadband fiber fibre net network networks cable dsl the".split()
)
_OPERATORS = frozenset(
    """
    operator operatorname currentoperator tsp tspname isp ispname licensee licenseename serviceprovider
    serviceprovidername nameofisp nameofoperator nameoftsp
    """.split()
)


def doubt_other_operators(
    assigned: pl.DataFrame, frame: pl.DataFrame, headings: Sequence[str], licensee: str
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where the row names another operator than most rows, or the licensee.

    A name that has a word of the licensee's own is the licensee's.
    """
    own = {word for word in split_words(licensee) if len(word) > 1} - _COMMON
    for at, heading in enumerate(headings):
        if reduce_heading(heading) not in _OPERATORS:
            continue
        names = frame.select("row", name=pl.col(f"c{at}").str.to_lowercase().str.replace_all(r"[^\pL\pN]+", ""))
        names = names.filter(~pl.col("name").is_in(["", "na", "nil", "none"]))
        counts = names.group_by("name").len().sort("len", "name", descending=[True, False])
        if counts.is_empty():
            continue
        shares = [pl.col("name").str.contains(one, literal=True) for one in sorted(own)]
        is_own = pl.any_horizontal(*shares) if shares else pl.lit(value=True)
        others = names.filter((pl.col("name") != counts["name"][0]) | ~is_own)["row"]
        doubt = pl.when(pl.col("row").is_in(others.implode())).then(pl.lit(heading.strip().lstrip("\ufeff")))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned


_OF_SERVING = {
    *"servingcircle visitedcircle visitingcircle roamingcircle currentcircle circleserving sessioncircle".split(),
    *"servinglsa visitedlsa roaminglsa servingcirclelsa nodecircle natcircle".split(),
}
_OF_CIRCLES = frozenset(
    """
    circle circlename circlecode circlelsa telecomcircle lsa lsaname lsacode lsacircle servicearea licensedservicearea
    """.split()
)
"""Headings of the circle that served a session; and of one that may be the number's own where another one served."""


def doubt_other_circles(
    assigned: pl.DataFrame, frame: pl.DataFrame, headings: Sequence[str], elsewhere: frozenset[str]
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where the row is of a circle that was not asked about.

    Its networks use the same inside addresses, and its rows answer for another part of the licensee. Where some rows
    are of the circle that was asked, the others are of numbers that travelled. Beside the circle that served, another
    column has the circle of the number.
    """
    names = [reduce_heading(heading) for heading in headings]
    serving = [at for at, name in enumerate(names) if name in _OF_SERVING]
    for at in serving or [at for at, name in enumerate(names) if name in _OF_CIRCLES]:
        text = frame[f"c{at}"].str.to_lowercase().str.replace_all("&", " and ").str.replace_all("[^a-z0-9]+", " ")
        bare = (
            text.str.strip_chars().str.replace(r" (?:circle|lsa)$", "").str.replace_all(r"\b(?:and|the|of|state) ", "")
        )
        is_elsewhere = bare.is_in(sorted(elsewhere))
        if not serving and not is_elsewhere.filter(bare != "").all():
            continue
        rows = frame["row"].filter(is_elsewhere)
        doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(headings[at].strip().lstrip("\ufeff")))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned


def _derive_offset_minutes(frame: pl.DataFrame, columns: Sequence[str], form: str) -> pl.Expr:
    """The offset from UTC that the first of some columns states, in minutes; null where none does."""
    # Most columns have no offset: then a few distinct ends of texts show it.
    if not columns or not frame[columns[0]].str.tail(6).unique().str.contains("[A-Za-z+-]").any():
        return pl.lit(None, pl.Int64)
    text = pl.col(columns[0]).str.strip_chars(" '\u00a0").str.extract(form).str.to_uppercase()
    sign = pl.when(text.str.contains("-", literal=True)).then(-1).otherwise(1)
    hours = text.str.extract(r"[+-]([0-9]{1,2})").cast(pl.Int64)
    minutes = text.str.extract(r"[+-][0-9]{1,2}:?([0-9]{2})").cast(pl.Int64).fill_null(0)
    return pl.coalesce(sign * (hours * 60 + minutes), text.replace_strict(_NAMED, default=None, return_dtype=pl.Int64))


def _find_heading(headings: Sequence[str], places: Mapping[str, int], fields: Sequence[str]) -> str:
    return next((headings[places[field]].strip().lstrip("\ufeff") for field in fields if field in places), "time")


def _find_zone_heading(marks: Sequence[SideColumn]) -> str:
    return next((mark.heading.strip() for mark in marks if mark.kind == "zone"), "zone")
