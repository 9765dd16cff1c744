"""Signs that the times of a reply are those of the question or of the search, not those of a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from sightline.stages.resolve.file_signs import (
    ASSIGNMENT,
    DAY_US,
    HOUR_US,
    IS_FIXED,
    MARGINS_S,
    MINUTE_US,
    NEARLY_ALL,
    compute_commonest_share,
    compute_time_of_day,
    sign_rows,
)
from sightline.stages.resolve.model import SECOND_US, FindingKind

MINUTE_S = 60
ROUNDED, LEAST_ROUNDED = 5, 3
"""The minimum number of rows, and of different questions, that show margins of one length; and where all show it, to
the second."""
DAY_ZONES = ("Asia/Kolkata", "UTC")
"""The zone span in which a clerk may have meant a day, in any zone of the file's times."""
USUAL = 5
"""The number of lines with leases from midnight to midnight above which this is how a licensee assigns addresses."""
LONGEST_WINDOW_US = 366 * DAY_US
_MONTH_US = 31 * DAY_US
_QUARTER_US = HOUR_US // 4
_SOME_HOURS_US = 6 * HOUR_US
"""Up to this length, rows of quarters of an hour less a second are those of a report, however many there are."""
QUERIED_US = 7 * DAY_US
"""The time before a reply's day of arrival within which the licensee looked."""


_LEAST_ALIKE = 5
"""The minimum number of rows that are all made from their questions."""
_MOST_APART_US = 2 * SECOND_US
_LEAST_EDGES = 3
"""The minimum number of rows, and of seconds asked about, that are compared with one another's edges."""


def find_made(assignments: pl.DataFrame, questions: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows that were made from their questions: each is as long before it as after it, or begins at the port asked.

    Or each start, or each end, has the second of the minute of its question, while these differ. Of five rows chance
    does one of it in less than one reply of a million.
    """
    ports = questions.select(asked="row_id", asked_port="port")
    rows = (
        assignments.filter(~IS_FIXED).drop_nulls(["start_us", "end_us"]).join(ports, on="asked", maintain_order="left")
    )
    rows = rows.unique("row", keep="none", maintain_order=True)
    if rows.height < _LEAST_ALIKE or rows["number"].n_unique() < _LEAST_ALIKE:
        return
    before, after = pl.col("from_us") - pl.col("start_us"), pl.col("end_us") - pl.col("until_us")
    size = pl.col("port_to").cast(pl.Int64) - pl.col("port_from").cast(pl.Int64) + 1
    # A visit may well have the first port of a block that a NAT made: those begin at multiples of their size.
    is_block = (
        (size > 1) & (pl.col("port_from") % size != 0) & ((pl.col("port_from").cast(pl.Int64) - 1024) % size != 0)
    )
    middle = pl.col("asked_port").cast(pl.Int64) * 2 - pl.col("port_from") - pl.col("port_to")
    checks = [
        ((before - after).abs() <= _MOST_APART_US) & (before > MINUTE_US),
        is_block & ((pl.col("asked_port") == pl.col("port_from")) | (middle.abs() <= 1)),
    ]
    for edge, one in (("start_us", "from_us"), ("end_us", "until_us")):
        seconds = (pl.col(edge) % MINUTE_US) // SECOND_US
        is_same = (seconds == (pl.col(one) % MINUTE_US) // SECOND_US) & (seconds.n_unique() > _LEAST_ALIKE // 2)
        checks.append(is_same & ((pl.col(edge) - pl.col(one)).abs() > MINUTE_US))
    if any(rows.select(check.fill_null(value=False).all()).item() for check in checks):
        yield sign_rows(FindingKind.ECHO, rows["row"])


_LONGEST_MAPPING_US = DAY_US // 2
_MOST_COVERED = 0.2
"""The share of seconds with a question above which rows may well end with one."""


def find_asked_ports(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows of one port for more than half a day: no connection lasts as long, and no NAT keeps its mapping.

    A NAT drops a mapping that is quiet for about two hours (RFC 5382, REQ-5): a clerk wrote the port that was asked
    into the row of a longer lease.
    """
    is_one = pl.col("port_from") == pl.col("port_to").fill_null(pl.col("port_from"))
    some = assignments.filter(~IS_FIXED, is_one, pl.col("end_us") - pl.col("start_us") > _LONGEST_MAPPING_US)
    if some.height:
        yield sign_rows(FindingKind.ECHO, some["row"], is_whole=False)


def find_hours(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows from a quarter of an hour to the second before another: an hour of a report, `17:00:00` to `17:59:59`."""
    is_bin = (pl.col("start_us") % _QUARTER_US == 0) & ((pl.col("end_us") + SECOND_US) % _QUARTER_US == 0)
    some = assignments.filter(~IS_FIXED, is_bin, pl.col("end_us") - pl.col("start_us") <= _SOME_HOURS_US)
    if some.height:
        yield sign_rows(FindingKind.ECHO, some["row"], is_whole=False)


def find_next_questions(assignments: pl.DataFrame, questions: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows most of which end, or begin, with the second of another question: the questions were filled in as leases."""
    rows = (
        assignments.filter(~IS_FIXED)
        .drop_nulls(["start_us", "end_us"])
        .unique("row", keep="first", maintain_order=True)
    )
    seconds = pl.concat(
        [questions[name] // SECOND_US for name in ("from_us", "until_us", "first_us", "last_us")]
    ).unique()
    if rows.height < _LEAST_EDGES or len(seconds) < _LEAST_EDGES:
        return
    span_s = int(seconds.max()) - int(seconds.min()) + 1  # type: ignore[arg-type]
    if len(seconds) > _MOST_COVERED * span_s:
        return
    known = seconds.implode()
    for edge, own in (("start_us", ("from_us", "first_us")), ("end_us", ("until_us", "last_us"))):
        is_own = pl.any_horizontal((pl.col(edge) - pl.col(own_edge)).abs() < 2 * SECOND_US for own_edge in own)
        others = rows.filter((pl.col(edge) // SECOND_US).is_in(known) & ~is_own)
        if others[edge].n_unique() >= 2 and 2 * others.height >= rows.height:
            yield sign_rows(FindingKind.ECHO, rows["row"])


_AROUND_MINUTE_US = [minutes * MINUTE_US for minutes in (5, 10, 15, 30)]
_AROUND_LEASE_US = [hours * MINUTE_US for hours in (1, 2, 3)]
"""Minutes around a question's own one: no lease of a block or an address is as short, and so placed, by chance."""


def find_searched(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows that begin a round time before their question and end one behind it, to the second: what was searched.

    Or that are the minute of the question, or begin five minutes or more before it and end as many behind it.
    """
    some = assignments.filter(~IS_FIXED).drop_nulls(["start_us", "end_us"])
    lasts = pl.col("last_us") - pl.col("first_us")
    seconds = [pl.col(name) // SECOND_US for name in ("start_us", "first_us", "last_us", "end_us")]
    start, first, last, end = seconds
    is_round = (first - start).is_in(MARGINS_S) & ((end - last).is_in(MARGINS_S) | (end - first).is_in(MARGINS_S))
    minute = pl.col("first_us") // MINUTE_US * MINUTE_US
    before = minute - pl.col("start_us")
    ends = [pl.col("end_us"), pl.col("end_us") + SECOND_US]
    behind = [expression - minute - MINUTE_US == before for expression in ends]
    around = [(expression - minute == before) & (before > 0) for expression in ends]
    is_mapping = pl.col("port_from").is_not_null() & (
        pl.col("port_from") == pl.col("port_to").fill_null(pl.col("port_from"))
    )
    has_seconds = pl.col("start_slack_us").fill_null(0) < MINUTE_US
    margins = before.is_in(_AROUND_MINUTE_US) | (before.is_in(_AROUND_LEASE_US) & ~is_mapping & has_seconds)
    is_minute = margins & pl.any_horizontal(*behind, *around)
    is_minute &= pl.col("start_us") % (15 * MINUTE_US) != 0  # a schedule has quarters of hours
    is_minute = (is_minute | ((before == 0) & pl.any_horizontal(*behind))) & (lasts < MINUTE_US)
    # A question at a whole minute is as far from all round times.
    is_within = (pl.col("first_us") // SECOND_US) % MINUTE_S != 0
    rows = some.filter(((is_round | is_minute) & is_within).fill_null(value=False))
    if rows.height:
        yield sign_rows(FindingKind.ECHO, rows["row"], is_whole=False)


_LEAST_BLOCK = 64
"""The size from which a block of ports has a place of its own among all ports."""


def find_made_ports(assignments: pl.DataFrame, questions: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows whose ports were made from those asked: one in their middle, at an edge of no regular place, or one at each.

    Blocks have an even number of ports, so that none is in the middle. A block whose last port is the first of the next
    one (513 ports from a multiple of 512 on) was written with its end behind it: that port is not covered.
    """
    some = assignments.join(questions.select(asked="row_id", asked_port="port"), on="asked", maintain_order="left")
    some = some.filter(pl.col("asked_port").is_not_null()).drop_nulls(["port_from", "port_to"])
    low, high, port = (pl.col(name).cast(pl.Int64) for name in ("port_from", "port_to", "asked_port"))
    size = high - low + 1
    is_middle = (size > 1) & (port - low == high - port)
    is_placed = (low % size == 0) | ((low - 1024) % size == 0) | (low % 100 == 0) | (low % 64 == 0) | (port % 100 == 0)
    is_edge = (size >= _LEAST_BLOCK) & ~is_placed & ((port == low) | ((port == high) & ((high + 1) % size != 0)))
    is_behind = (size > _LEAST_BLOCK) & (low % (size - 1) == 0) & (high % (size - 1) == 0) & (port == high)
    # From one port that was asked to another one: no block has such a size.
    ports = questions["port"].drop_nulls().cast(pl.Int64).unique().implode()
    is_span = low.is_in(ports) & high.is_in(ports) & (size % 64 != 0) & (size % 100 != 0)
    # Or from its own one to the next one that was asked, less one.
    is_span = (is_span | ((port == low) & (low % size != 0) & (high + 1).is_in(ports))) & (size > _LEAST_BLOCK)
    rows = some.filter((is_middle | is_edge | is_behind | is_span).fill_null(value=False), size < 60_000)
    if rows.height:
        yield sign_rows(FindingKind.ECHO, rows["row"], is_whole=False)


def find_echoes(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows whose start and end are those of the question: of it alone, of its address, or of the whole notice.

    That a lease begins and ends with a question is no chance. A connection may well last as long as the visits on it,
    and is an echo only where uncertainty made the question longer than these: of a second, to the very second.
    """
    if assignments.is_empty():
        return
    windows = [
        (pl.col("from_us"), pl.col("until_us")),
        (pl.col("first_us"), pl.col("last_us")),
        (pl.col("from_us").min().over("ip"), pl.col("until_us").max().over("ip")),
        (pl.col("from_us").min(), pl.col("until_us").max()),
    ]
    alike = [
        ((pl.col("start_us") - first).abs() < SECOND_US) & ((pl.col("end_us") - last).abs() < SECOND_US)
        for first, last in windows
    ]
    has_ports = pl.col("port_from").is_not_null()
    uncertainty = pl.col("uncertainty_s").fill_null(0)
    is_exact = pl.all_horizontal(
        (pl.col(edge) % SECOND_US == 0) & ((pl.col(edge) - pl.col(one)).abs() < SECOND_US)
        for edge, one in (("start_us", "from_us"), ("end_us", "until_us"))
    )
    is_wider = (uncertainty >= 2) | ((uncertainty >= 1) & is_exact)
    is_echo = pl.when(has_ports).then(alike[0] & is_wider).otherwise(pl.any_horizontal(alike))
    marked = assignments.select("row", is_echo=is_echo.fill_null(value=False), is_alike=alike[0] & has_ports)
    rows = marked.group_by("row").agg(pl.col("is_echo").any(), pl.col("is_alike").any())
    echoes, lasting = rows.filter("is_echo")["row"], rows.filter("is_alike")["row"]
    if len(lasting) >= 5 and len(lasting) >= NEARLY_ALL * rows.height:
        echoes = lasting
    if len(echoes):
        yield sign_rows(FindingKind.ECHO, echoes, is_whole=2 * len(echoes) >= rows.height)


_CLOCK_S = 2
_MOST_IN_PAIRS = 20
"""The number of rows up to which two rows with the same margins, both longer than a minute, are no chance."""


def _is_odd(edge: str, *times: str) -> pl.Expr:
    """Match rows whose edge lies more than a minute from times of their question, and no whole minutes from any.

    A clerk may take any of them for the question; a clock may differ by _CLOCK_S.
    """
    apart = [(pl.col(edge) - pl.col(time)).abs() // SECOND_US for time in times]
    return pl.all_horizontal(
        ((expression + _CLOCK_S) % MINUTE_S > 2 * _CLOCK_S) & (expression > MINUTE_S) for expression in apart
    ).fill_null(value=False)


_ODD_MARGINS = {"before": _is_odd("start_us", "first_us", "from_us"), "after": _is_odd("end_us", "last_us", "until_us")}


def find_margins(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows that begin as long before their question, and end as long after it, as those of two other questions do.

    To the second that is no chance: a clerk wrote the questions with a margin. The mapping of one connection may begin
    with the visit, and end after the same silence; leases of a schedule begin on every fifth minute.
    Among rows whose margins all lie close together, three alike are chance: then most of those that differ by less than
    a minute have to be alike. In a file of a few rows two alike are none, if their margins are no whole minutes.
    """
    some = assignments.filter(~IS_FIXED, pl.col("end_us").is_not_null()).with_columns(
        begins=pl.col("start_us") // SECOND_US, asks=pl.col("first_us") // SECOND_US
    )
    before, after = pl.col("asks") - pl.col("begins"), pl.col("end_us") // SECOND_US - pl.col("last_us") // SECOND_US
    is_mapping = pl.col("port_from").is_not_null() & (
        pl.col("port_from") == pl.col("port_to").fill_null(pl.col("port_from"))
    )
    some = some.with_columns(before=before, after=after).filter(~is_mapping | (pl.col("before") > 1))
    alike = ["before", "after"]
    near = [(pl.col(name) // MINUTE_S).alias(f"{name}_minute") for name in alike]
    some = some.with_columns(near)
    shifted_rows = some.filter(
        2 * pl.len().over(alike) > pl.len().over("before_minute", "after_minute"),
        pl.col("before") >= 0,
        pl.col("after") >= 0,
        pl.col("asks").n_unique().over(alike) >= 3,
        pl.col("asked").n_unique().over(alike) >= 3,
        (pl.col("begins") % 300 == 0).mean().over(alike) < NEARLY_ALL,
    )
    if shifted_rows.is_empty() and some["row"].n_unique() <= _MOST_IN_PAIRS:
        is_pair = [pl.col(name).n_unique().over(alike) == 2 for name in ("asks", "row")]
        shifted_rows = some.filter(*_ODD_MARGINS.values()).filter(*is_pair)
    if shifted_rows.height:
        is_whole = 2 * shifted_rows["row"].n_unique() >= assignments["row"].n_unique()
        yield sign_rows(FindingKind.ECHO, shifted_rows["row"], is_whole=is_whole)


def find_rounded_margins(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Nearly all rows have one edge equally far from their question, to the second, or are its clock hour or minutes.

    Of two edges that a licensee recorded none keeps its distance to a visit. The mapping of one connection does, so
    only rows of several ports, or of all, are compared. The clock hour is one by any zone: it begins on a half hour.
    """
    is_mapping = pl.col("port_from").is_not_null() & (
        pl.col("port_from") == pl.col("port_to").fill_null(pl.col("port_from"))
    )
    some = assignments.filter(~IS_FIXED, ~is_mapping, pl.col("start_us").is_not_null(), pl.col("end_us").is_not_null())
    some = some.unique("row", keep="first", maintain_order=True).with_columns(
        starts=pl.col("start_us") // SECOND_US,
        ends=pl.col("end_us") // SECOND_US,
        asks=pl.col("first_us") // SECOND_US,
        asks_last=pl.col("last_us") // SECOND_US,
    )
    if some.height < LEAST_ROUNDED or some["asks"].n_unique() < LEAST_ROUNDED:
        return
    some = some.with_columns(
        before=pl.col("asks") - pl.col("starts"),
        after=pl.col("ends") - pl.col("asks_last"),
        minutes=pl.struct(
            (pl.col("asks") // MINUTE_S - pl.col("starts") // MINUTE_S).alias("before"),
            (pl.col("ends") // MINUTE_S - pl.col("asks_last") // MINUTE_S).alias("after"),
        ),
    )
    if some.height < ROUNDED or some["asks"].n_unique() < ROUNDED:
        if any(some[one].n_unique() == 1 and some.select(is_odd.all()).item() for one, is_odd in _ODD_MARGINS.items()):
            yield sign_rows(FindingKind.ECHO, some["row"])
        return
    lasts = pl.col("ends") - pl.col("starts")
    is_hour = lasts.is_between(HOUR_US // SECOND_US - 1, HOUR_US // SECOND_US) & (pl.col("starts") % 1800 == 0)
    is_of_minutes = (pl.col("starts") % MINUTE_S == 0) & (pl.col("ends") % MINUTE_S == 0)
    hours, of_minutes = some.select(is_hour.mean().alias("hours"), is_of_minutes.mean().alias("of_minutes")).row(0)
    shares = [hours, compute_commonest_share(some["before"]), compute_commonest_share(some["after"])]
    if of_minutes >= NEARLY_ALL:
        shares.append(compute_commonest_share(some["minutes"]))
    if max(shares) >= NEARLY_ALL:
        yield sign_rows(FindingKind.ECHO, some["row"])


def find_whole_days(assignments: pl.DataFrame, zones: Sequence[str], every: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Assignments of whole days, from midnight to midnight or 23:59: what was searched, not what was recorded.

    Each such row is doubted, and all rows where nearly all last until 23:59. An end at midnight counts only by the
    clock of the first zone: by another it may be a lease that is renewed at the same hour. It counts not at all where
    most assignments of several lines are such: that licensee changes its leases at midnight. Nor does a row of more
    than a year: a contract has days, and nobody searches for so long. A permanent address for a day or a month is a
    search too: its line may have changed within it, and contracts are longer. `every`: all rows of the file with a
    line, `number start_us end_us`, which tell how the licensee assigns.
    """
    is_of_month = (pl.col("end_us") - pl.col("start_us") <= _MONTH_US).fill_null(value=False)
    some = assignments.filter(~IS_FIXED | is_of_month)
    lasts = some["end_us"] - some["start_us"]
    is_day = pl.repeat(value=False, n=some.height, eager=True)
    begins, ends = (compute_time_of_day(some[edge], zones[0]) for edge in ("start_us", "end_us"))
    is_midnight = ((begins < 2 * SECOND_US) & (ends == 0)).fill_null(value=False)
    is_usual = some.filter(is_midnight)["number"].n_unique() >= USUAL and 2 * int(is_midnight.sum()) > some.height
    for zone in zones:
        begins, ends = (compute_time_of_day(some[edge], zone) for edge in ("start_us", "end_us"))
        is_late = (ends >= DAY_US - MINUTE_US) | ((ends == 0) & (zone == zones[0] and not is_usual))
        is_short = (lasts > HOUR_US) & (lasts <= LONGEST_WINDOW_US)
        is_day |= ((begins < 2 * SECOND_US) & is_late & is_short).fill_null(value=False)
    is_day |= _find_days_of_any_zone(some, every)
    if is_day.any():
        yield sign_rows(FindingKind.ECHO, some["row"].filter(is_day), is_whole=False)
    alone = some.unique(ASSIGNMENT, keep="first", maintain_order=True)
    if alone.height < 3 or alone["number"].n_unique() < 3:
        return
    begins, ends = (compute_time_of_day(alone[edge], zones[0]) for edge in ("start_us", "end_us"))
    is_all = ((begins == 0) & ends.is_in([DAY_US - MINUTE_US, DAY_US - SECOND_US])).fill_null(value=False)
    if float(is_all.mean() or 0.0) >= NEARLY_ALL:  # type: ignore[arg-type]
        yield sign_rows(FindingKind.ECHO, alone["row"])


def _find_days_of_any_zone(some: pl.DataFrame, every: pl.DataFrame) -> pl.Series:
    """Return which of some rows begin on a quarter of an hour, and last a day, days or some hours but a second.

    Up to a day, it may be a minute too. A zone that stands in the row alone is not known here. A network that gives its
    addresses or ports out again at fixed hours has such rows: then most of `every` last up to a day so.
    """
    begins, lasts = pl.col("start_us") % _QUARTER_US == 0, pl.col("end_us") - pl.col("start_us")
    is_several = begins & lasts.is_between(DAY_US, LONGEST_WINDOW_US, closed="right")
    is_several &= lasts % DAY_US == DAY_US - SECOND_US
    is_short = begins & lasts.is_between(_SOME_HOURS_US, DAY_US, closed="right")
    is_short &= (lasts % _QUARTER_US).is_in([_QUARTER_US - SECOND_US, _QUARTER_US - MINUTE_US])
    usual = every.filter(is_short.fill_null(value=False))
    is_usual = usual["number"].n_unique() >= USUAL and 2 * usual.height > every.height
    is_day = is_several if is_usual else is_several | is_short
    return some.select(is_day.fill_null(value=False)).to_series()


def find_half_windows(
    assignments: pl.DataFrame, zones: Sequence[str], received_us: int | None
) -> Iterator[pl.DataFrame]:
    """Rows one edge of which is the question's, and the other that of a day, or the time at which the licensee looked.

    An edge is the question's within two seconds: one may be rounded outwards. The licensee looked
    in the week before the reply was surely there; a row that ends then ends a day or more after the question. A
    permanent address without an end that begins with its question is one too: a contract begins before its use.
    """
    starts, ends = (
        pl.any_horizontal(((pl.col(edge) - pl.col(other_edge)).abs() <= 2 * SECOND_US) for other_edge in ones)
        for edge, ones in (("start_us", ("from_us", "first_us")), ("end_us", ("until_us", "last_us")))
    )
    begins_day, ends_day = (pl.repeat(value=False, n=assignments.height, eager=True) for _ in range(2))
    for zone in zones:
        begins_day |= (compute_time_of_day(assignments["start_us"], zone) == 0).fill_null(value=False)
        into = compute_time_of_day(assignments["end_us"], zone)
        ends_day |= ((into == 0) | (into >= DAY_US - SECOND_US)).fill_null(value=False)
    is_late = pl.lit(value=False)
    if received_us is not None:
        is_late = (pl.col("end_us") >= received_us - QUERIED_US) & (pl.col("end_us") - pl.col("until_us") > DAY_US)
    is_open = IS_FIXED & pl.col("end_us").is_null()
    rows = assignments.filter(
        ((starts & (pl.lit(ends_day) | is_late | is_open)) | (ends & pl.lit(begins_day))).fill_null(value=False)
    )
    if rows.height:
        yield sign_rows(FindingKind.ECHO, rows["row"], is_whole=False)
