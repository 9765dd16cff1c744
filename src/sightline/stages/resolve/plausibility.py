"""Detect signs that a whole reply cannot be trusted: a wrong clock, repeated questions, times of the query.

A sign is about the file, not about one row: until an officer declares what it means, no row of it identifies a
subscriber. Each definition requires something that an honest file does not show, however small it is; the limits are
below, with their reasons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from sightline.stages.resolve.first_rows import FirstRows
from sightline.stages.resolve.inside_addresses import InsideAddresses
from sightline.stages.resolve.model import SECOND_US, FindingKind
from sightline.stages.resolve.spreadsheet_faults import SpreadsheetFaults

MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
SHOWN = 20
"""The maximum number of rows reported for a sign."""
MINUTE_S = 60
ROUNDED = 5
"""The minimum number of rows, and of different questions, that show margins of one length."""
MOST = 0.9
"""The part of the rows that must be alike, where a sign is that all are: a few may have a fault of their own."""
DAY_ZONES = ("Asia/Kolkata", "UTC")
"""The zone span in which a clerk may have meant a day, in any zone of the file's times."""
USUAL = 5
"""The number of lines with leases from midnight to midnight above which this is how a licensee assigns addresses."""
LONGEST_WINDOW_US = 366 * DAY_US
SLIPS = ((1, 0.1), (3, 0.05))
"""The number and part of contradictory rows above which it is no slip in one row."""
FIRST_US = 25 * 365 * DAY_US
"""About the year 1995: an earlier start or end comes from a clock that was never set."""
AT_ONCE = 3
"""The number of networks, or of shared addresses, that one line cannot have at one instant."""
QUERIED_US = 7 * DAY_US
"""The time before a reply's day of arrival within which the licensee looked."""
CLOCK_ROWS, CLOCK_HOURS, LATE, ASKED_LATE = 24, 6, 0.05, 0.2
"""Limits for a clock of twelve hours: the number of rows, of different hours up to 12, and the maximum part after 12.

More of the requested times must be after 12: lines that are online in the morning alone have no other hours anyway.
"""
ENOUGH = 2_000
"""The number of times after 12 that proves a clock of more than twelve hours."""
NONE = {"kind": pl.String(), "row": pl.UInt32(), "is_whole": pl.Boolean()}
ASSIGNMENT = ["ip", "port_from", "port_to", "start_us", "end_us", "number"]
TIMED = ["ip", "port_from", "port_to", "start_us", "end_us"]
IS_FIXED = pl.col("is_static").fill_null(value=False)


class Plausibility:
    """Collects evidence about a whole file, batch by batch: `take` each, then `signs`."""

    def __init__(self, zones: Sequence[str], received_us: int | None) -> None:
        """`zones`: in which its times may be written; `received_us`: an instant at which it was surely there."""
        self._zones = zones
        self._hours = {zone: [0] * 24 for zone in zones}
        self._received_us = received_us
        self._rows = 0
        self._first: int | None = None
        self._span = (1 << 62, -(1 << 62))
        self._scheduled = 0
        self._reversed = FirstRows()
        self._lasting = FirstRows()
        self._with_duration = 0
        self._reckoned = [pl.Series("row", [], pl.UInt32)]
        self._sums = [0, 0, 0, 0]
        self._columns = SpreadsheetFaults()
        self._inside = InsideAddresses()

    @property
    def fingerprint(self) -> int:
        """Return a fingerprint of the rows: from their number, and the sums of their times and ports."""
        if not any(self._sums):
            return 0
        text = " ".join(str(one) for one in self._sums)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")

    def take(self, assigned: pl.DataFrame, reversed_rows: pl.Series | None = None) -> None:
        """Process the assignments of a batch, and its rows that end before they start.

        `duration_s` where a column says it; `is_reckoned` where ports are reckoned from whose an address inside is.
        """
        if "is_reckoned" in assigned.columns:
            self._reckoned.append(assigned["row"])
        self._rows += assigned.height
        times = assigned.select(pl.col("start_us", "end_us").sum(), pl.col("port_from").cast(pl.Int64).sum()).row(0)
        self._sums = [before + (one or 0) for before, one in zip(self._sums, (*times, assigned.height), strict=True)]
        if self._first is None and assigned.height:
            self._first = assigned["row"][0]
        if reversed_rows is not None:
            self._reversed.add(reversed_rows.unique())
            self._rows += len(reversed_rows)
        if "duration_s" in assigned.columns:
            self._take_durations(assigned)
        self._take_hours(assigned)
        self._columns.take(assigned)
        self._inside.take(assigned)

    def _take_durations(self, assigned: pl.DataFrame) -> None:
        both = assigned.drop_nulls(["duration_s", "start_us", "end_us"])
        self._with_duration += both.height
        slack = pl.max_horizontal("start_slack_us", "end_slack_us").fill_null(0)
        lasting_us, lasts = pl.col("duration_s") * SECOND_US, pl.col("end_us") - pl.col("start_us")
        # Servers on both sides of an accounting request differ by some seconds.
        wide = slack + 10 * SECOND_US + pl.max_horizontal(lasting_us, lasts) // 100
        self._lasting.add(both.filter((lasting_us - lasts).abs() > wide)["row"])

    def _take_hours(self, assigned: pl.DataFrame) -> None:
        open_ = {zone: counts for zone, counts in self._hours.items() if not _has_late_hours(counts)}
        if not open_ or assigned.is_empty():
            return
        times = pl.concat([assigned["start_us"], assigned["end_us"]]).drop_nulls()
        if times.is_empty():
            return
        self._span = min(self._span[0], int(times.min())), max(self._span[1], int(times.max()))  # type: ignore[arg-type]
        self._scheduled += int((times % (30 * MINUTE_US) == 0).sum())
        for zone, counts in open_.items():
            for hour, count in _hours(times, zone).value_counts().iter_rows():
                counts[hour] += count

    def signs(
        self,
        asked: pl.DataFrame,
        held: pl.DataFrame,
        strangers: pl.DataFrame,
        unmet: pl.DataFrame,
        near: pl.DataFrame,
        inside: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Return `kind`, `row`, `is_whole` for the rows that show a sign. A sign of some rows alone doubts only those.

        `asked`: the rows of the notice. `held`: assignments that match one, with its id (`asked`), its times, and
        `uncertainty_s session_id lead_id`. `strangers`: those at requested addresses that match none, and are next to
        none that does. `unmet`: rows of the notice that none matches. `near`: `row`, `row_id` and `by_us` of strangers
        that would match at another hour. `inside`: rows of an access log, as `held`, each with a question of its time.
        """
        found = [pl.DataFrame(schema=NONE), *self._of_all(held, asked["from_us"])]
        found += [_sign(kind, rows, is_whole=whole) for kind, rows, whole in self._columns.signs(asked, held)]
        if len(shared := self._inside.find_shared()):
            found.append(_sign(FindingKind.INSIDE_SHARED, shared, is_whole=False))
        found += self._of_times(held)
        if inside is not None and inside.height:
            found += self._of_times(inside)
        found += _one_subscriber(held.unique(ASSIGNMENT, keep="first", maintain_order=True))
        found += _covers_little(held, strangers, unmet, near, asked["ip"].n_unique())
        return pl.concat(found)

    def _of_times(self, held: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Signs that the times of assignments give beside those of the questions."""
        alone = held.unique(ASSIGNMENT, keep="first", maintain_order=True)
        reckoned = pl.concat(self._reckoned).implode()
        zones = list(dict.fromkeys([*self._zones, *DAY_ZONES]))
        yield from _echoes(held)
        yield from _margins(held)
        yield from _rounded_margins(held)
        yield from _days(held.filter(~pl.col("row").is_in(reckoned)), zones)
        yield from _halves(held, self._zones, self._received_us)
        yield from _before_all(held)
        yield from _one_instant(alone)
        yield from _scheduled(alone)
        yield from _after(held, alone.height, self._received_us)

    def _of_all(self, held: pl.DataFrame, questions: pl.Series) -> Iterator[pl.DataFrame]:
        if _is_no_slip(self._reversed.count, self._rows):
            yield _sign(FindingKind.ENDS_FIRST, self._reversed.rows())
        if self._lasting.count:
            is_whole = _is_no_slip(self._lasting.count, self._with_duration)
            yield _sign(FindingKind.DURATION, self._lasting.rows(), is_whole=is_whole)
        is_wide = self._span[1] - self._span[0] > DAY_US
        if self._rows >= CLOCK_ROWS and is_wide and self._is_of_twelve(questions):
            yield _sign(FindingKind.TWELVE_HOURS, held["row"] if held.height else [self._first])

    def _is_of_twelve(self, questions: pl.Series) -> bool:
        """Whether in a zone hardly any hour lies above 12, though many up to 12 do, and what was asked lies later.

        Times on every half hour are those of a schedule, which tell of no clock.
        """
        return any(
            sum(counts[13:]) <= LATE * sum(counts)
            and sum(1 for one in counts[:13] if one > sum(counts) / 24) >= CLOCK_HOURS
            and 2 * self._scheduled < sum(counts)
            and float((_hours(questions, zone) >= 13).mean() or 0.0) >= ASKED_LATE  # type: ignore[arg-type]
            for zone, counts in self._hours.items()
        )


def _is_no_slip(count: int, rows: int) -> bool:
    return any(count >= least and count >= part * rows for least, part in SLIPS)


def widen_times(met: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the assignments, a minute wider if none of their times has seconds, and the rows that show this.

    Times on every fifth minute come from a schedule.
    """
    times = pl.concat([met["start_us"], met["end_us"]]).drop_nulls().unique()
    is_bare = (times % MINUTE_US == 0).mean()
    if len(times) < 8 or is_bare is None or float(is_bare) < MOST:  # type: ignore[arg-type]
        return met, met["row"][:0]
    if float((times % (5 * MINUTE_US) == 0).mean()) >= MOST:  # type: ignore[arg-type]
        return met, met["row"][:0]
    slack = ["start_slack_us", "end_slack_us"]
    whole = [pl.max_horizontal(pl.col(one).fill_null(0), pl.lit(MINUTE_US)).cast(pl.Int64).alias(one) for one in slack]
    shows = met.filter(pl.col("start_slack_us").fill_null(0) < MINUTE_US)["row"]
    return met.with_columns(whole), shows


def _hours(times: pl.Series, zone: str) -> pl.Series:
    return _local(times, zone).dt.hour()


def _local(times: pl.Series, zone: str) -> pl.Series:
    """Instants as clocks show them in a zone of that name, or that far (`+05:30`) from UTC."""
    utc = pl.from_epoch(times, "us")
    if zone[:1] not in {"+", "-"}:
        return utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return utc + timedelta(minutes=minutes if zone[0] == "+" else -minutes)


def _has_late_hours(counts: Sequence[int]) -> bool:
    return sum(counts) >= ENOUGH and sum(counts[13:]) > 2 * LATE * sum(counts)


def _sign(kind: FindingKind, rows: pl.Series | Sequence[int | None], *, is_whole: bool = True) -> pl.DataFrame:
    row_numbers = pl.Series("row", rows, pl.UInt32).unique().sort()
    row_numbers = row_numbers.head(SHOWN) if is_whole else row_numbers
    return pl.DataFrame([row_numbers]).select(kind=pl.lit(kind.value), row="row", is_whole=pl.lit(is_whole))


def _share(values: pl.Series) -> float:
    """The part of the values that are the most frequent one."""
    return 0.0 if values.is_empty() else int(values.value_counts()["count"].max()) / len(values)  # type: ignore[arg-type]


def _echoes(held: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows whose start and end are those of the question: of it alone, of its address, or of the whole notice.

    That a lease begins and ends with a question is no chance. A connection may well last as long as the visits on it,
    and is an echo only where uncertainty made the question longer than these: of a second, to the very second.
    """
    if held.is_empty():
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
    marked = held.select("row", is_echo=is_echo.fill_null(value=False), is_alike=alike[0] & has_ports)
    rows = marked.group_by("row").agg(pl.col("is_echo").any(), pl.col("is_alike").any())
    echoes, lasting = rows.filter("is_echo")["row"], rows.filter("is_alike")["row"]
    if len(lasting) >= 5 and len(lasting) >= MOST * rows.height:
        echoes = lasting
    if len(echoes):
        yield _sign(FindingKind.ECHO, echoes, is_whole=2 * len(echoes) >= rows.height)


def _margins(held: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows that begin as long before their question, and end as long after it, as those of two other questions do.

    To the second that is no chance: a clerk wrote the questions with a margin. The mapping of one connection may begin
    with the visit, and end after the same silence; leases of a schedule begin on every fifth minute.
    Among rows whose margins all lie close together, three alike are chance: then most of those that differ by less than
    a minute have to be alike.
    """
    some = held.filter(~IS_FIXED, pl.col("end_us").is_not_null()).with_columns(
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
        (pl.col("begins") % 300 == 0).mean().over(alike) < MOST,
    )
    if shifted_rows.height:
        is_whole = 2 * shifted_rows["row"].n_unique() >= held["row"].n_unique()
        yield _sign(FindingKind.ECHO, shifted_rows["row"], is_whole=is_whole)


def _rounded_margins(held: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Nearly all rows have one edge equally far from their question, to the second, or are its clock hour or minutes.

    Of two edges that a licensee recorded none keeps its distance to a visit. The mapping of one connection does, so
    only rows of several ports, or of all, are compared. The clock hour is one by any zone: it begins on a half hour.
    """
    is_mapping = pl.col("port_from").is_not_null() & (
        pl.col("port_from") == pl.col("port_to").fill_null(pl.col("port_from"))
    )
    some = held.filter(~IS_FIXED, ~is_mapping, pl.col("start_us").is_not_null(), pl.col("end_us").is_not_null())
    some = some.unique("row", keep="first", maintain_order=True).with_columns(
        starts=pl.col("start_us") // SECOND_US,
        ends=pl.col("end_us") // SECOND_US,
        asks=pl.col("first_us") // SECOND_US,
        asks_last=pl.col("last_us") // SECOND_US,
    )
    if some.height < ROUNDED or some["asks"].n_unique() < ROUNDED:
        return
    lasts = pl.col("ends") - pl.col("starts")
    is_hour = lasts.is_between(HOUR_US // SECOND_US - 1, HOUR_US // SECOND_US) & (pl.col("starts") % 1800 == 0)
    is_of_minutes = ((pl.col("starts") % MINUTE_S == 0) & (pl.col("ends") % MINUTE_S == 0)).mean()
    shares = some.select(
        is_hour.mean().alias("hour"),
        pl.lit(_share(some.select(pl.col("asks") - pl.col("starts")).to_series())).alias("before"),
        pl.lit(_share(some.select(pl.col("ends") - pl.col("asks_last")).to_series())).alias("after"),
        pl.when(is_of_minutes >= MOST)
        .then(
            pl.lit(
                _share(
                    some.select(
                        pl.struct(
                            pl.col("asks") // MINUTE_S - pl.col("starts") // MINUTE_S,
                            pl.col("ends") // MINUTE_S - pl.col("asks_last") // MINUTE_S,
                        ).alias("minutes")
                    ).to_series()
                )
            )
        )
        .otherwise(0.0)
        .alias("minutes"),
    )
    if max(shares.row(0)) >= MOST:
        yield _sign(FindingKind.ECHO, some["row"])


def _days(held: pl.DataFrame, zones: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Assignments of whole days, from midnight to midnight or 23:59: what was searched, not what was recorded.

    Each such row is doubted, and all rows where nearly all last until 23:59. An end at midnight counts only by the
    clock of the first zone: by another it may be a lease that is renewed at the same hour. It counts not at all where
    most assignments of several lines are such: that licensee changes its leases at midnight. Nor does a row of more
    than a year: a contract has days, and nobody searches for so long.
    """
    some = held.filter(~IS_FIXED)
    lasts = some["end_us"] - some["start_us"]
    is_day = pl.repeat(value=False, n=some.height, eager=True)
    begins, ends = (_into_day(some[edge], zones[0]) for edge in ("start_us", "end_us"))
    is_midnight = ((begins < 2 * SECOND_US) & (ends == 0)).fill_null(value=False)
    is_usual = some.filter(is_midnight)["number"].n_unique() >= USUAL and 2 * int(is_midnight.sum()) > some.height
    for zone in zones:
        begins, ends = (_into_day(some[edge], zone) for edge in ("start_us", "end_us"))
        is_late = (ends >= DAY_US - MINUTE_US) | ((ends == 0) & (zone == zones[0] and not is_usual))
        is_short = (lasts > HOUR_US) & (lasts <= LONGEST_WINDOW_US)
        is_day |= ((begins < 2 * SECOND_US) & is_late & is_short).fill_null(value=False)
    # A zone that stands in the row alone is not known here: several days but a second, from a quarter of an hour on.
    is_several = (lasts > DAY_US) & (lasts <= LONGEST_WINDOW_US) & (some["start_us"] % (15 * MINUTE_US) == 0)
    is_day |= (is_several & (lasts % DAY_US == DAY_US - SECOND_US)).fill_null(value=False)
    if is_day.any():
        yield _sign(FindingKind.ECHO, some["row"].filter(is_day), is_whole=False)
    alone = some.unique(ASSIGNMENT, keep="first", maintain_order=True)
    if alone.height < 3 or alone["number"].n_unique() < 3:
        return
    begins, ends = (_into_day(alone[edge], zones[0]) for edge in ("start_us", "end_us"))
    is_all = ((begins == 0) & ends.is_in([DAY_US - MINUTE_US, DAY_US - SECOND_US])).fill_null(value=False)
    if float(is_all.mean() or 0.0) >= MOST:  # type: ignore[arg-type]
        yield _sign(FindingKind.ECHO, alone["row"])


def _halves(held: pl.DataFrame, zones: Sequence[str], received_us: int | None) -> Iterator[pl.DataFrame]:
    """Rows one edge of which is the question's, and the other that of a day, or the time at which the licensee looked.

    An edge is the question's within two seconds: one may be rounded outwards. The licensee looked
    in the week before the reply was surely there; a row that ends then ends a day or more after the question.
    """
    some = held.filter(~IS_FIXED)
    starts, ends = (
        pl.any_horizontal(((pl.col(edge) - pl.col(one)).abs() <= 2 * SECOND_US) for one in ones)
        for edge, ones in (("start_us", ("from_us", "first_us")), ("end_us", ("until_us", "last_us")))
    )
    begins_day, ends_day = (pl.repeat(value=False, n=some.height, eager=True) for _ in range(2))
    for zone in zones:
        begins_day |= (_into_day(some["start_us"], zone) == 0).fill_null(value=False)
        into = _into_day(some["end_us"], zone)
        ends_day |= ((into == 0) | (into >= DAY_US - SECOND_US)).fill_null(value=False)
    is_late = pl.lit(value=False)
    if received_us is not None:
        is_late = (pl.col("end_us") >= received_us - QUERIED_US) & (pl.col("end_us") - pl.col("until_us") > DAY_US)
    rows = some.filter(((starts & (pl.lit(ends_day) | is_late)) | (ends & pl.lit(begins_day))).fill_null(value=False))
    if rows.height:
        yield _sign(FindingKind.ECHO, rows["row"], is_whole=False)


def _into_day(times: pl.Series, zone: str) -> pl.Series:
    local = _local(times, zone)
    return (local - local.dt.truncate("1d")).dt.total_microseconds()


def _before_all(held: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Times of an empty clock: the first second of 1970, the first day of a spreadsheet."""
    early = held.filter((pl.col("start_us") < FIRST_US) | (pl.col("end_us") < FIRST_US))["row"]
    if len(early):
        yield _sign(FindingKind.EMPTY_CLOCK, early, is_whole=False)


def _one_instant(alone: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Assignments of several lines that all begin, or all end, at one time which nothing but the query explains.

    All begin at one, and what was asked lies days apart behind it: a permanent line began long before. All end at one,
    long after what was asked, before which each began shortly: a permanent line began long before, and ends with the
    day of the report. Or all have one start and one end, of three lines at three addresses. Where only some have, and
    what was asked of these lies days apart, these alone are in doubt, whatever the others say.
    """
    some = alone.filter(~IS_FIXED)
    alike = pl.struct("start_us", "end_us")
    same = some.filter(pl.col("start_us").is_not_null(), pl.col("end_us").is_not_null()).filter(
        pl.len().over(alike) >= 4,
        pl.col("number").n_unique().over(alike) >= 3,
        pl.col("ip").n_unique().over(alike) >= 3,
        pl.col("until_us").max().over(alike) - pl.col("from_us").min().over(alike) >= 2 * DAY_US,
    )
    if same.height:
        yield _sign(FindingKind.ONE_INSTANT, same["row"], is_whole=False)
    is_several = some["number"].n_unique() >= 3 and some["ip"].n_unique() >= 3
    is_one = some["start_us"].n_unique() == 1 == some["end_us"].n_unique() and not some["end_us"].has_nulls()
    if is_several and is_one:
        yield _sign(FindingKind.ONE_INSTANT, some["row"])
        return
    if some.height < 4 or some["number"].n_unique() < 3:
        return
    if some["end_us"].has_nulls():
        return
    apart = _length(some, "from_us", "until_us")
    if _share(some["start_us"]) >= MOST and apart >= 2 * DAY_US and _length(some, "start_us", "from_us") <= 2 * apart:
        yield _sign(FindingKind.ONE_INSTANT, some["row"])
        return
    before = some.select((pl.col("from_us") - pl.col("start_us")).median()).item()
    after = some.select((pl.col("end_us") - pl.col("until_us")).median()).item()
    if before is None or after is None:
        return
    if _share(some["end_us"]) >= MOST and after > max(DAY_US, 3 * before):
        yield _sign(FindingKind.ONE_INSTANT, some["row"])


def _length(rows: pl.DataFrame, first: str, last: str) -> int:
    return int(rows[last].max()) - int(rows[first].min())  # type: ignore[arg-type]


def _scheduled(alone: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Leases that all last one round time, and begin at no fixed hours: their ends are planned ones.

    Where a network gives its addresses out anew at fixed hours, leases last alike and begin at those. Ports that are
    given back after a pause may have minutes in common, but not half hours.
    """
    some = alone.filter(~IS_FIXED, pl.col("end_us").is_not_null())
    is_long = (pl.col("end_us") - pl.col("start_us")) >= HOUR_US // 2 - SECOND_US
    some = some.filter(pl.col("port_from").is_null() | is_long)
    lasts = some["end_us"] - some["start_us"]
    if some.height < 5 or _share(lasts) < MOST:
        return
    usual_us = int(lasts.mode().sort()[0])
    is_round = usual_us >= 5 * MINUTE_US and usual_us % (5 * MINUTE_US) in {0, 5 * MINUTE_US - SECOND_US}
    begins = (some["start_us"] % max(1, (usual_us + SECOND_US) // MINUTE_US * MINUTE_US)).n_unique()
    if is_round and begins >= max(4, some.height // 2):
        yield _sign(FindingKind.SCHEDULED, some["row"])


def _after(held: pl.DataFrame, count: int, received_us: int | None) -> Iterator[pl.DataFrame]:
    """Times after the reply came: planned, or of another date. One such row is doubted, many of `count` doubt all."""
    if received_us is None or held.is_empty():
        return
    later = held.filter(
        (pl.col("start_us") > received_us) | ((pl.col("end_us") > received_us).fill_null(value=False) & ~IS_FIXED)
    )
    if later.height:
        is_whole = 5 * later.unique(ASSIGNMENT).height >= count
        yield _sign(FindingKind.AFTER_RECEIVED, later["row"], is_whole=is_whole)


def _one_subscriber(alone: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """One number for all that was asked: of many leads, or at several networks at once; or rows that are copies.

    One line may have had many addresses, one after the other; and a block of neighbouring ones. Or a line has ports of
    three shared addresses at one instant: a NAT gives a line ports of one address (RFC 6888, REQ-2).
    """
    named = alone.filter(pl.col("number").is_not_null()).with_columns(_network().alias("network"))
    if named.is_empty():
        return
    copies = named.filter(pl.col("ip").n_unique().over("start_us", "end_us", "number", "port_from", "port_to") >= 3)
    copies = copies.filter(~IS_FIXED)
    is_one = _share(named["number"]) >= MOST
    networks, leads = named["network"].n_unique(), named["lead_id"].n_unique()
    if copies.height >= MOST * named.height:
        yield _sign(FindingKind.ONE_SUBSCRIBER, copies["row"])
    elif is_one and ((networks >= 8 and leads >= 8) or _is_at_several(named)):
        yield _sign(FindingKind.ONE_SUBSCRIBER, named["row"])
    elif len(rows := _behind_several(named)):
        yield _sign(FindingKind.ONE_SUBSCRIBER, rows, is_whole=False)


def _network() -> pl.Expr:
    """Of an IPv4 address its neighbourhood of sixteen, of one of IPv6 its first 48 bits as they are written."""
    octets = pl.col("ip").str.extract_groups(r"^(\d+\.\d+\.\d+)\.(\d+)")
    place = octets.struct.field("2").cast(pl.Int64, strict=False) // 16
    v4 = pl.concat_str(octets.struct.field("1"), place.cast(pl.String), separator="-")
    return pl.coalesce(v4, pl.col("ip").str.extract(r"^([^:]*:[^:]*:[^:]*)"))


def _is_at_several(named: pl.DataFrame) -> bool:
    """Whether one IPv4 line had addresses of three networks at one instant, each of them whole."""
    whole = named.filter(
        ~IS_FIXED, pl.col("port_from").is_null(), ~pl.col("ip").str.contains(":"), pl.col("end_us").is_not_null()
    )
    if whole["network"].n_unique() < AT_ONCE:
        return False
    begins = whole.sort("start_us").unique(["network", "start_us", "end_us"], maintain_order=True)
    return _are_at_once(begins["start_us"].to_list(), begins["end_us"].to_list(), begins["network"].to_list())


def _behind_several(named: pl.DataFrame) -> pl.Series:
    """Return the rows of lines that had ports of three IPv4 addresses at one instant."""
    shared = named.drop_nulls(["port_from", "start_us", "end_us"]).filter(~pl.col("ip").str.contains(":"))
    shared = shared.filter(pl.col("ip").n_unique().over("number") >= AT_ONCE).sort("number", "start_us", "row")
    found = [
        rows["row"]
        for rows in shared.partition_by("number", maintain_order=True)
        if _are_at_once(rows["start_us"].to_list(), rows["end_us"].to_list(), rows["ip"].to_list())
    ]
    return pl.concat(found) if found else pl.Series("row", [], pl.UInt32)


def _are_at_once(starts: Sequence[int], ends: Sequence[int], names: Sequence[str]) -> bool:
    """Whether spans of AT_ONCE different names have an instant in common. They are in the order of their starts."""
    current: dict[str, int] = {}
    for start, end, name in zip(starts, ends, names, strict=True):
        current = {one: until for one, until in current.items() if until > start}
        current[name] = max(end, current.get(name, end))
        if len(current) >= AT_ONCE:
            return True
    return False


def _covers_little(
    held: pl.DataFrame, strangers: pl.DataFrame, unmet: pl.DataFrame, near: pl.DataFrame, addresses: int
) -> Iterator[pl.DataFrame]:
    """Of most sessions nothing is met, while rows of the same address and port lie at other times.

    These are as many as the rows that meet: of a part of an answer, a slip or two is beside much that other parts have.
    Or several would be met, were the clock another by one and the same number of hours: three sessions, and a tenth of
    those that have rows, or of the addresses that the notice asks about.
    """
    answered = held["session_id"].n_unique()
    by_ip, by_port = unmet.filter(asks="address"), unmet.filter(asks="port")
    whole = strangers.filter(pl.col("port_from").is_null())
    blocks = strangers.filter(pl.col("port_from").is_not_null())
    under = by_port.sort("port").join_asof(
        blocks.sort("port_from").select("ip", "port_from", "port_to", block_row="row"),
        left_on="port",
        right_on="port_from",
        by="ip",
        strategy="backward",
        check_sortedness=False,
    )
    inside = under.filter(pl.col("port") <= pl.coalesce("port_to", "port_from"))
    displaced = pl.concat(
        [
            by_ip.join(strangers, on="ip", how="semi").select("session_id"),
            by_port.join(whole, on="ip", how="semi").select("session_id"),
            inside.select("session_id"),
        ]
    ).unique()
    displaced = displaced.join(held, on="session_id", how="anti")
    rows, met = (one.unique(TIMED).height for one in (strangers, held))
    if displaced.height >= 2 and displaced.height > answered and rows >= met:
        at = strangers.filter(pl.col("ip").is_in(unmet["ip"].implode()))["row"]
        yield _sign(FindingKind.COVERS_LITTLE, at)
    shifts = near.filter(pl.col("by_us") % DAY_US != 0).join(unmet.select("row_id", "session_id", "ip"), on="row_id")
    shifts = shifts.unique(["session_id", "by_us"])
    usual = shifts.filter(pl.len().over("by_us") == pl.len().over("by_us").max())
    if usual.height:
        of_one = usual.filter(pl.col("by_us") == usual["by_us"].min())
        is_tenth = 10 * of_one.height >= answered + displaced.height
        answerable = of_one["ip"].n_unique()
        if (of_one.height >= 3 and is_tenth) or (answerable >= 3 and 10 * answerable >= addresses):
            yield _sign(FindingKind.ONE_SHIFT, of_one["row"])
