"""Find rows that would match with a shifted time, with day and month swapped, or with one other digit.

Such a row is reported and never used: it identifies no subscriber.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.digits import find_one_off
from sightline.stages.resolve.model import SECOND_US, FindingKind
from sightline.stages.resolve.row_match import NoticeIndex, list_row_spans

MINUTE_US = 60 * SECOND_US
DAY_US = 1440 * MINUTE_US
INDIA_US = 330 * MINUTE_US
HOURS_US = [60 * MINUTE_US, INDIA_US, 720 * MINUTE_US]
"""Summer time, India's zone, a clock of twelve hours."""
SHIFTS_US = [*HOURS_US, *(days * DAY_US for days in range(1, 8))]
"""And the wrong day of a week."""
LONGER_US = 62 * DAY_US
"""Day and month swapped, give or take a day: an assignment may have lasted that much longer."""
BEGAN = pl.col("may_from") > -FOREVER_US
"""An assignment without a start is no misread clock."""
ENDED = pl.col("may_until") < FOREVER_US
"""An assignment without an end would match at most hours: it is no near miss, though it may be another line's."""
LEAST_REPEATED = 3
"""The minimum number of rows that give one assignment to one line, where a single row gives it to another one."""
NEAR = {"at": pl.UInt32(), "asked": pl.UInt32(), "by_us": pl.Int64(), "kind": pl.String()}


def find_near_misses(unmatched: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    """Return at most one near miss of each row: `at` (place in `unmatched`), `asked`, `kind`, and `by_us`.

    `unmatched` are rows of ASSIGNED with `may_from`, `may_until`, and `kind`: 0 if the notice has no such address.
    `by_us` is how much later the row is.
    """
    rows = index.match_addresses(unmatched["ip"])
    frames = [_pair_shifted(unmatched, rows, index, SHIFTS_US), _pair_swapped(unmatched, rows, index)]
    frames = [
        _select_nearest_of_each_row(pairs)
        for pairs in (*frames, _pair_other_ports(unmatched, rows, index), _pair_other_addresses(unmatched, index))
    ]
    return pl.concat(frames).unique("at", keep="first", maintain_order=True).sort("at")


def find_mistyped(unmatched: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    """Return all pairs that would match at another hour, or with day and month swapped; open-ended ones too."""
    rows = index.match_addresses(unmatched["ip"])
    return pl.concat([_pair_shifted(unmatched, rows, index, HOURS_US, BEGAN), _pair_swapped(unmatched, rows, index)])


def find_shifted(unmatched: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    """Return all pairs that would match at another hour; only rows with an end."""
    return _pair_shifted(unmatched, index.match_addresses(unmatched["ip"]), index, HOURS_US)


def find_vetoes(others: pl.DataFrame, by_asked: pl.DataFrame) -> pl.DataFrame:
    """Return those of `others` (`row_id`, `number`) that name another subscriber than the one named for that row.

    `by_asked`: which `numbers` are named for each row (`row_id`) of the notice; null is one.
    """
    one = by_asked.filter(pl.col("numbers").list.len() == 1)
    named = others.join(one, on="row_id", maintain_order="left")
    return named.filter(~pl.col("numbers").list.contains(pl.col("number"))).drop("numbers")


def drop_lone_near_misses(others: pl.DataFrame, assigned: pl.DataFrame, line: str) -> pl.DataFrame:
    """Return near misses without single rows beside a question that one assignment, written again and again, answers.

    A row of another line at another hour may have a mistyped time. Where LEAST_REPEATED sound rows give the address to
    one line, and hold as many questions, it is the other line's own row at the hour that it says. Rows that hold fewer
    questions than that may be those of other questions with all times moved, and so may a near miss that is written
    again.

    `others`: `row`, `row_id` and the column `line`. `assigned` has these, the assignment and `is_doubted`. Rows of
    several replies have `notice` and `reply` too.
    """
    notice, reply = ([name] if name in assigned.columns else [] for name in ("notice", "reply"))
    question, place = [*notice, "row_id"], pl.struct(*reply, "row")
    same = [*notice, "ip", "port_from", "port_to", line, "start_us", "end_us"]
    sound = assigned.filter(~pl.col("is_doubted")).drop_nulls([line, "start_us", "end_us"])
    is_repeated = pl.all_horizontal(
        values.n_unique().over(same) >= LEAST_REPEATED for values in (place, pl.col("row_id"))
    )
    answered = sound.filter(is_repeated).select(question).unique().with_columns(is_answered=True)
    beside = others.join(answered, on=question, how="left", maintain_order="left")
    is_lone = place.n_unique().over(*question, line) == 1
    return beside.filter(~(pl.col("is_answered").fill_null(value=False) & is_lone)).drop("is_answered")


def _pair_shifted(
    unmatched: pl.DataFrame,
    rows: pl.DataFrame,
    index: NoticeIndex,
    shifts_us: Sequence[int],
    which: pl.Expr = BEGAN & ENDED,
) -> pl.DataFrame:
    shifts = pl.DataFrame({"by_us": [sign * shift for shift in shifts_us for sign in (1, -1)]})
    spans = list_row_spans(unmatched, rows).filter(which).join(shifts, how="cross")
    moved = spans.with_columns(pl.col("may_from", "may_until") + pl.col("by_us"))
    return _as_near_misses(_find_fitting_pairs(moved, index), FindingKind.SHIFTED)


def _pair_swapped(unmatched: pl.DataFrame, rows: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    """Days are those of UTC, or of India. What would have lasted months longer than it says is as it says."""
    spans = list_row_spans(unmatched, rows).filter(BEGAN)
    ways = []
    for zone_us in (INDIA_US, 0):
        first = _swap_day_and_month("may_from", zone_us)
        # An end that no swap gives is no bound: only the start may have been mistyped.
        last = (
            pl.when(ENDED).then(_swap_day_and_month("may_until", zone_us)).otherwise("may_until").fill_null(FOREVER_US)
        )
        ways.append(spans.with_columns(first.alias("_first"), last.alias("_last")))
    # In a lease from 4 April to 5 April only the end has another day after a swap.
    first_us, last_us = pl.col("_first") - pl.col("may_from"), pl.col("_last") - pl.col("may_until")
    by_us = pl.when(first_us != 0).then(first_us).otherwise(last_us)
    lasts, would_last = pl.col("may_until") - pl.col("may_from"), pl.col("_last") - pl.col("_first")
    is_likely = ~ENDED | (would_last <= lasts + LONGER_US)
    swapped = pl.concat(ways).drop_nulls("_first").with_columns(by_us.alias("by_us")).filter(by_us != 0, is_likely)
    moved = swapped.with_columns(may_from="_first", may_until="_last")
    return _as_near_misses(_find_fitting_pairs(moved.drop("_first", "_last"), index), FindingKind.DAY_MONTH)


def _swap_day_and_month(at_us: str, zone_us: int) -> pl.Expr:
    """The instant with day and month swapped, null where there is no such day."""
    moment = pl.from_epoch(pl.col(at_us) + zone_us, time_unit="us")
    day, month = moment.dt.day().cast(pl.Int64), moment.dt.month().cast(pl.Int64)
    first_of_month = pl.datetime(moment.dt.year(), day.clip(1, 12), 1, time_unit="us")
    midnight = first_of_month + pl.duration(days=month - 1)
    swapped = midnight.dt.epoch("us") + (pl.col(at_us) + zone_us) % DAY_US - zone_us
    return pl.when(day <= 12).then(swapped)


def _pair_other_ports(unmatched: pl.DataFrame, rows: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    """One port, a digit away from the one that was asked about, at a fitting time."""
    spans = (
        list_row_spans(unmatched, rows).filter(pl.col("port_from") == pl.col("port_to")).with_columns(by_us=pl.lit(0))
    )
    alike = find_one_off(index.rows["port"].cast(pl.String), spans["port_from"].cast(pl.String))
    ports = spans.select("at", pl.col("port_from").cast(pl.String).alias("right")).unique()
    frames = []
    for pairs in index.match_times(spans):
        other = pairs.filter(~pl.col("fits_port"), "fits_destination", "fits_protocol")
        left = index.rows["port"][other["asked"]].cast(pl.String)
        frames.append(other.with_columns(left=left).join(ports, on="at").join(alike, on=["left", "right"]))
    return _as_near_misses(frames, FindingKind.ONE_DIGIT)


def _pair_other_addresses(unmatched: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    alike = find_one_off(index.addresses["ip"], unmatched["ip"]).join(index.addresses, left_on="left", right_on="ip")
    strangers = unmatched.select("ip", "kind").with_row_index("at").filter(kind=0)
    places = strangers.join(alike, left_on="ip", right_on="right")
    spans = list_row_spans(unmatched, places.select("at", "address")).with_columns(by_us=pl.lit(0))
    return _as_near_misses(_find_fitting_pairs(spans, index), FindingKind.ONE_DIGIT)


def _find_fitting_pairs(spans: pl.DataFrame, index: NoticeIndex) -> list[pl.DataFrame]:
    return [pairs.filter("fits_port", "fits_destination", "fits_protocol") for pairs in index.match_times(spans)]


def _as_near_misses(frames: list[pl.DataFrame], kind: FindingKind) -> pl.DataFrame:
    whole = [pairs.with_columns(kind=pl.lit(kind.value)).select(*NEAR).cast(pl.Schema(NEAR)) for pairs in frames]
    return pl.concat([pl.DataFrame(schema=NEAR), *whole])


def _select_nearest_of_each_row(pairs: pl.DataFrame) -> pl.DataFrame:
    """Of each row the nearest in time, then the first row of the notice."""
    return pairs.sort("at", pl.col("by_us").abs(), "by_us", "asked").unique("at", keep="first", maintain_order=True)
