"""Signs that the times of a reply are no times of assignments: an empty clock, one instant, a schedule, the future."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import polars as pl

from sightline.stages.resolve.file_signs import (
    ASSIGNMENT,
    DAY_US,
    HOUR_US,
    IS_FIXED,
    MINUTE_US,
    NEARLY_ALL,
    compute_commonest_share,
    compute_time_of_day,
    sign_rows,
)
from sightline.stages.resolve.model import SECOND_US, FindingKind
from sightline.stages.resolve.query_signs import DAY_ZONES

_LEAST_ALIKE = 3
"""The minimum number of assignments that all last equally long, to an odd second: their ends were made of starts."""
_LEAST_ROUND = 4
"""The minimum number of those that last equally long, to a round time."""
LEAST_BY_QUARTERS = 4
"""The minimum number of blocks of ports that tell whether their times are searches' or the network's."""
_LEAST_ROTATED_US = 2 * HOUR_US
"""The minimum time that a network leaves a block to a line, where it gives them out at fixed times."""
_LEAST_AGREED, _LEAST_CHANCE = 0.75, 1_000
"""The minimum share of starts on the grid of the start before, and how seldom windows of searches are so by chance."""
FIRST_US = 25 * 365 * DAY_US
"""About the year 1995: an earlier start or end comes from a clock that was never set."""


_ROUNDED_US = [minutes * MINUTE_US for minutes in (1, 5, 10, 15)]
_SCHEDULE_US = 30 * MINUTE_US


def widen_times(met: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the assignments, wider by what their times are rounded to, and the rows that show this.

    That is a minute if no time has seconds, five if all are on every fifth minute, and so on up to a quarter of an
    hour. Times on half hours come from a schedule.
    """
    times = pl.concat([met["start_us"], met["end_us"]]).drop_nulls().unique()

    def is_most(unit_us: int) -> bool:
        return float((times % unit_us == 0).mean()) >= NEARLY_ALL  # type: ignore[arg-type]

    if len(times) < 8 or is_most(_SCHEDULE_US):
        return met, met["row"][:0]
    rounded_us = max((unit_us for unit_us in _ROUNDED_US if is_most(unit_us)), default=0)
    if not rounded_us:
        return met, met["row"][:0]
    slack = ["start_slack_us", "end_slack_us"]
    whole = [
        pl.max_horizontal(pl.col(edge).fill_null(0), pl.lit(rounded_us)).cast(pl.Int64).alias(edge) for edge in slack
    ]
    shows = met.filter(pl.col("start_slack_us").fill_null(0) < rounded_us)["row"]
    return met.with_columns(whole), shows


def find_empty_clocks(assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Times of an empty clock: the first second of 1970, the first day of a spreadsheet."""
    early = assignments.filter((pl.col("start_us") < FIRST_US) | (pl.col("end_us") < FIRST_US))["row"]
    if len(early):
        yield sign_rows(FindingKind.EMPTY_CLOCK, early, is_whole=False)


def find_one_instant(alone: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Assignments of several lines that all begin, or all end, at one time which nothing but the query explains.

    All begin at one, and what was asked lies days apart behind it: a permanent line began long before. All end at one,
    long after what was asked, before which each began shortly: a permanent line began long before, and ends with the
    day of the report. Or all have one start and one end, of three lines at three addresses. Where only some have, and
    what was asked of these lies days apart, these alone are in doubt, whatever the others say.
    """
    some = alone.filter(~IS_FIXED)
    alike = pl.struct("start_us", "end_us")
    yield from _find_fixed_at_one_time(alone.filter(IS_FIXED).drop_nulls(["start_us", "end_us"]))
    same = some.filter(pl.col("start_us").is_not_null(), pl.col("end_us").is_not_null()).filter(
        pl.len().over(alike) >= 4,
        pl.col("number").n_unique().over(alike) >= 3,
        pl.col("ip").n_unique().over(alike) >= 3,
        pl.col("until_us").max().over(alike) - pl.col("from_us").min().over(alike) >= 2 * DAY_US,
    )
    if same.height:
        yield sign_rows(FindingKind.ONE_INSTANT, same["row"], is_whole=False)
    is_several = some["number"].n_unique() >= 3 and some["ip"].n_unique() >= 3
    is_one = some["start_us"].n_unique() == 1 == some["end_us"].n_unique() and not some["end_us"].has_nulls()
    if is_several and is_one:
        yield sign_rows(FindingKind.ONE_INSTANT, some["row"])
        return
    if some.height < 4 or some["number"].n_unique() < 3:
        return
    if some["end_us"].has_nulls():
        return
    apart = _measure_span_us(some, "from_us", "until_us")
    if (
        compute_commonest_share(some["start_us"]) >= NEARLY_ALL
        and apart >= 2 * DAY_US
        and _measure_span_us(some, "start_us", "from_us") <= 2 * apart
    ):
        yield sign_rows(FindingKind.ONE_INSTANT, some["row"])
        return
    before = some.select((pl.col("from_us") - pl.col("start_us")).median()).item()
    after = some.select((pl.col("end_us") - pl.col("until_us")).median()).item()
    if before is None or after is None:
        return
    if compute_commonest_share(some["end_us"]) >= NEARLY_ALL and after > max(DAY_US, 3 * before):
        yield sign_rows(FindingKind.ONE_INSTANT, some["row"])


def _find_fixed_at_one_time(fixed: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Permanent lines that nearly all begin at one time and end at one: the period of a report, not of the lines."""
    alike = pl.struct("start_us", "end_us")
    if fixed.height < _LEAST_ROUND or compute_commonest_share(fixed.select(alike).to_series()) < NEARLY_ALL:
        return
    same = fixed.filter(pl.len().over(alike) > fixed.height // 2)
    if same["number"].n_unique() >= _LEAST_ALIKE and same["ip"].n_unique() >= _LEAST_ALIKE:
        yield sign_rows(FindingKind.ONE_INSTANT, same["row"], is_whole=False)


def _measure_span_us(rows: pl.DataFrame, first: str, last: str) -> int:
    return int(rows[last].max()) - int(rows[first].min())  # type: ignore[arg-type]


def find_scheduled(alone: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Leases that all last one time, and begin at no fixed hours: their ends are planned ones.

    Where a network gives its addresses out again at fixed hours, leases last alike and begin at those.
    """
    some = alone.filter(~IS_FIXED, pl.col("end_us").is_not_null())
    is_long = (pl.col("end_us") - pl.col("start_us")) >= HOUR_US // 2 - SECOND_US
    some = some.filter(pl.col("port_from").is_null() | is_long)
    lasts = some["end_us"] - some["start_us"]
    usual_us = int(lasts.drop_nulls().mode().sort().first() or 0)  # type: ignore[arg-type]
    begins = (some["start_us"] % max(1, (usual_us + SECOND_US) // MINUTE_US * MINUTE_US)).n_unique()
    is_odd = lasts.n_unique() == 1 and usual_us > HOUR_US and usual_us % MINUTE_US != 0
    if is_odd and begins >= _LEAST_ALIKE:
        yield sign_rows(FindingKind.SCHEDULED, some["row"])
        return
    if some.height < _LEAST_ROUND or compute_commonest_share(lasts) < NEARLY_ALL:
        return
    is_round = usual_us >= 5 * MINUTE_US and usual_us % (5 * MINUTE_US) in {0, 5 * MINUTE_US - SECOND_US}
    is_same = usual_us >= 5 * MINUTE_US and lasts.n_unique() == 1
    if (is_round or is_same) and begins >= max(4, some.height // 2):
        yield sign_rows(FindingKind.SCHEDULED, some["row"])


def find_quarter_hours(
    alone: pl.DataFrame, zones: Sequence[str], every: pl.DataFrame | None = None
) -> Iterator[pl.DataFrame]:
    """Ports by quarter hours: the times of searches, unless the network gives its blocks out again at fixed hours.

    Ports that are given back after a pause may have minutes in common, but not quarters of an hour. `zones`: in which
    the times may be written. `every`: the assignments that tell how the network gives its blocks out.
    """
    is_block = ~IS_FIXED & pl.col("end_us").is_not_null() & pl.col("port_from").is_not_null()
    rotated = _list_rotated((alone if every is None else every).filter(is_block), zones)
    some = alone.filter(is_block, ~pl.col("row").is_in(rotated.implode()))
    if some.height >= LEAST_BY_QUARTERS and some.select(_is_on_quarter_hours().all()).item():
        yield sign_rows(FindingKind.SCHEDULED, some["row"])


def _list_rotated(some: pl.DataFrame, zones: Sequence[str]) -> pl.Series:
    """Return the `row`s of blocks that a network gives out again at fixed times of each day.

    Nearly all then last one time, of some hours, and those of neighbouring addresses begin at multiples of it after
    one time of the day. Who searches begins at whole hours, in windows of its own or by parts of a day. So neighbours
    must agree more often than such windows do, and on no grid that parts the day by a clock of the file (`zones`).
    """
    none = some["row"][:0]
    lasts = (pl.col("end_us") - pl.col("start_us") + SECOND_US) // MINUTE_US * MINUTE_US
    each = some.drop_nulls("start_us").with_columns(lasts_us=lasts).filter(pl.col("lasts_us") >= _LEAST_ROTATED_US)
    if each.is_empty() or compute_commonest_share(each["lasts_us"]) < NEARLY_ALL:
        return none
    lasts_us = int(each["lasts_us"].mode().sort()[0])
    grid = pl.col("start_us") % lasts_us
    each = each.filter(pl.col("lasts_us") == lasts_us).sort("ip", "start_us", "row").with_columns(grid=grid)
    starts = each.unique(["ip", "start_us"], keep="first", maintain_order=True)
    starts = starts.filter((pl.col("start_us") != pl.col("start_us").shift()).fill_null(value=True))
    is_alike = (starts["grid"] == starts["grid"].shift()).drop_nulls()
    agreed = int(is_alike.sum())
    if DAY_US % lasts_us or not agreed or agreed < _LEAST_AGREED * len(is_alike):
        return none
    begins = {zone: compute_time_of_day(each["start_us"], zone) for zone in dict.fromkeys([*zones, *DAY_ZONES])}
    is_by_hours = {zone: bool((times % HOUR_US == 0).any()) for zone, times in begins.items()}
    is_part_of_day = {zone: bool((times % lasts_us == 0).any()) for zone, times in begins.items()}
    least = _count_agreeing(lasts_us, HOUR_US if any(is_by_hours.values()) else HOUR_US // 4)
    is_searched = any(is_part_of_day[zone] or (lasts_us == DAY_US and is_by_hours[zone]) for zone in zones)
    is_rotated = agreed >= (2 * least if any(is_part_of_day.values()) else least) and not is_searched
    return each["row"] if is_rotated else none


def _count_agreeing(lasts_us: int, step_us: int) -> int:
    """Return how many windows that begin at any `step_us` agree by chance in one of _LEAST_CHANCE files."""
    return math.ceil(math.log(_LEAST_CHANCE) / math.log(lasts_us / step_us))


def _is_on_quarter_hours() -> pl.Expr:
    """Match assignments that begin and end on quarter hours; an end may be the second before one."""
    quarter_us = HOUR_US // 4
    return (pl.col("start_us") % quarter_us == 0) & (pl.col("end_us") % quarter_us).is_in([0, quarter_us - SECOND_US])


def find_later(assignments: pl.DataFrame, count: int, received_us: int | None) -> Iterator[pl.DataFrame]:
    """Times after the reply came: planned, or of another date. One such row is doubted, many of `count` doubt all."""
    if received_us is None or assignments.is_empty():
        return
    later = assignments.filter(
        (pl.col("start_us") > received_us) | ((pl.col("end_us") > received_us).fill_null(value=False) & ~IS_FIXED)
    )
    if later.height:
        is_whole = 5 * later.unique(ASSIGNMENT).height >= count
        yield sign_rows(FindingKind.AFTER_RECEIVED, later["row"], is_whole=is_whole)
