"""Detect signs that a whole reply cannot be trusted: a wrong clock, repeated questions, times of the query.

A sign is about the file, not about one row: until an officer declares what it means, no row of it identifies a
subscriber. Each definition requires something that an honest file does not show, however small it is. `query_signs`,
`time_signs`, `line_signs` and `spreadsheet_faults` have the definitions, with their limits and the reasons for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import polars as pl

from sightline.stages.resolve.day_parts import find_day_parts
from sightline.stages.resolve.file_signs import ASSIGNMENT, DAY_US, MINUTE_US, NONE, compute_local_hours, sign_rows
from sightline.stages.resolve.first_rows import FirstRows
from sightline.stages.resolve.inside_addresses import InsideAddresses
from sightline.stages.resolve.line_signs import (
    find_copied_lines,
    find_derived,
    find_little_cover,
    find_one_subscriber,
)
from sightline.stages.resolve.model import SECOND_US, FindingKind
from sightline.stages.resolve.query_signs import (
    DAY_ZONES,
    find_asked_ports,
    find_echoes,
    find_half_windows,
    find_hours,
    find_made,
    find_made_ports,
    find_margins,
    find_next_questions,
    find_rounded_margins,
    find_searched,
    find_whole_days,
)
from sightline.stages.resolve.row_conflicts import RowConflicts
from sightline.stages.resolve.spreadsheet_faults import SpreadsheetFaults
from sightline.stages.resolve.time_signs import (
    find_empty_clocks,
    find_later,
    find_one_instant,
    find_quarter_hours,
    find_scheduled,
)

SLIPS = ((1, 0.1), (3, 0.05))
"""The number and part of contradictory rows above which it is no slip in one row."""
CLOCK_ROWS, CLOCK_HOURS, LATE, ASKED_LATE = 24, 6, 0.05, 0.2
"""Limits for a clock of twelve hours: the number of rows, of different hours up to 12, and the maximum part after 12.

More of the requested times must be after 12: lines that are online in the morning alone have no other hours anyway.
"""
FULLEST, SPREAD = 3, 6
"""A network ends its sessions in few hours of the night; other times are spread over the day. In fewer rows than
CLOCK_ROWS, SPREAD of these and none after 12 are hardly chance: about one file in `2 ** SPREAD` has them.
"""
ENOUGH = 2_000
"""The number of times after 12 that proves a clock of more than twelve hours."""


class Plausibility:
    """Collects evidence about a whole file, batch by batch: `take` each, then `find_signs`."""

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
        self._conflicts = RowConflicts()

    @property
    def fingerprint(self) -> int:
        """Return a fingerprint of the rows: from their number, and the sums of their times and ports."""
        if not any(self._sums):
            return 0
        text = " ".join(str(sum_) for sum_ in self._sums)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")

    def take(self, assigned: pl.DataFrame, reversed_rows: pl.Series | None = None, *, is_inside: bool = False) -> None:
        """Process the assignments of a batch, and its rows that end before they start. `is_inside`: of an access log.

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
        self._columns.take(assigned, is_inside=is_inside)
        self._inside.take(assigned)
        self._conflicts.take(assigned)

    def take_translated(self, assigned: pl.DataFrame) -> None:
        """Process rows of NAT logs that give an inside address and no line themselves."""
        self._inside.take_translated(assigned)

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
        times = pl.concat([assigned["start_us"], assigned["end_us"]]).drop_nulls().unique()
        if times.is_empty():
            return
        first_us, last_us = int(times.min()), int(times.max())  # type: ignore[arg-type]
        self._span = min(self._span[0], first_us), max(self._span[1], last_us)
        self._scheduled += int((times % (30 * MINUTE_US) == 0).sum())
        for zone, counts in open_.items():
            for hour, count in compute_local_hours(times, zone).value_counts().iter_rows():
                counts[hour] += count

    def find_signs(
        self,
        questions: pl.DataFrame,
        assignments: pl.DataFrame,
        strangers: pl.DataFrame,
        unmet: pl.DataFrame,
        near: pl.DataFrame,
        inside: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Return `kind`, `row`, `is_whole` for the rows that show a sign. A sign of some rows alone doubts only those.

        `questions`: the rows of the notice. `assignments`: assignments that match one, with its id (`asked`), its
        times, and `uncertainty_s session_id lead_id`. `strangers`: those at requested addresses that match none, and
        are next to none that does. `unmet`: rows of the notice that none matches. `near`: `row`, `row_id` and `by_us`
        of strangers that would match at another hour. `inside`: rows of an access log, as `assignments`, each with a
        question of its time.
        """
        frames = [pl.DataFrame(schema=NONE), *self._find_signs_of_file(assignments, questions["from_us"])]
        frames += [
            sign_rows(kind, rows, is_whole=whole)
            for kind, rows, whole in self._columns.find_signs(questions, assignments)
        ]
        frames += find_made(assignments, questions)
        frames += find_made_ports(assignments, questions)
        frames += find_next_questions(assignments, questions)
        frames += self._find_signs_of_times(assignments)
        if inside is not None and inside.height:
            frames += self._find_signs_of_times(inside)
        searched = pl.concat(frames).filter(kind=FindingKind.ECHO.value)["row"].unique()
        if len(shared := self._inside.find_shared(searched)):
            frames.append(sign_rows(FindingKind.INSIDE_SHARED, shared, is_whole=False))
        conflicting = pl.concat([self._conflicts.find(), self._conflicts.find_doubled(assignments, searched)])
        if len(conflicting):
            frames.append(sign_rows(FindingKind.ROWS_CONFLICT, conflicting, is_whole=False))
        alone = assignments.unique(ASSIGNMENT, keep="first", maintain_order=True)
        lines = [*find_one_subscriber(alone, searched)]
        frames += lines or find_copied_lines(self._conflicts.rows, searched)
        frames += find_derived(alone, questions)
        frames += find_little_cover(assignments, strangers, unmet, near, questions["ip"].n_unique())
        return pl.concat(frames)

    def _find_signs_of_times(self, assignments: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Signs that the times of assignments give beside those of the questions."""
        alone = assignments.unique(ASSIGNMENT, keep="first", maintain_order=True)
        stated = assignments.filter(~pl.col("row").is_in(pl.concat(self._reckoned).implode()))
        zones = list(dict.fromkeys([*self._zones, *DAY_ZONES]))
        yield from find_echoes(assignments)
        yield from find_searched(assignments)
        yield from find_asked_ports(stated)
        yield from find_hours(stated)
        yield from find_margins(assignments)
        yield from find_rounded_margins(assignments)
        is_part = pl.col("row").is_in(find_day_parts(self._conflicts.rows, self._zones).implode())
        yield from find_whole_days(stated.filter(~is_part), zones, self._conflicts.rows)
        yield from find_half_windows(assignments.filter(~is_part), self._zones, self._received_us)
        yield from find_empty_clocks(assignments)
        yield from find_one_instant(alone)
        yield from find_scheduled(alone)
        yield from find_quarter_hours(alone, self._zones)
        yield from find_later(assignments, alone.height, self._received_us)

    def _find_signs_of_file(self, assignments: pl.DataFrame, questions: pl.Series) -> Iterator[pl.DataFrame]:
        if _is_no_slip(self._reversed.count, self._rows):
            yield sign_rows(FindingKind.ENDS_FIRST, self._reversed.to_series())
        if self._lasting.count:
            is_whole = _is_no_slip(self._lasting.count, self._with_duration)
            yield sign_rows(FindingKind.DURATION, self._lasting.to_series(), is_whole=is_whole)
        is_wide = self._span[1] - self._span[0] > DAY_US
        if is_wide and self._is_twelve_hour_clock(questions):
            yield sign_rows(FindingKind.TWELVE_HOURS, assignments["row"] if assignments.height else [self._first])

    def _is_twelve_hour_clock(self, questions: pl.Series) -> bool:
        """Whether in a zone hardly any hour lies above 12, though many up to 12 do, and what was asked lies later.

        Times on every half hour are those of a schedule, which tell of no clock. Of few rows only the first zone
        counts: in another one, a day of work may lie before noon.
        """
        return any(
            ((self._rows >= CLOCK_ROWS and _has_early_hours(counts)) or (at == 0 and _has_spread_hours(counts)))
            and 2 * self._scheduled < sum(counts)
            and _measure_late_share(questions, zone) >= ASKED_LATE
            for at, (zone, counts) in enumerate(self._hours.items())
        )


def _has_early_hours(counts: Sequence[int]) -> bool:
    """Return whether of many times hardly any lies after 12, and many different hours up to 12 do."""
    some = sum(1 for count in counts[:13] if count > sum(counts) / 24)
    return sum(counts[13:]) <= LATE * sum(counts) and some >= CLOCK_HOURS


def _has_spread_hours(counts: Sequence[int]) -> bool:
    """Return whether times outside the FULLEST hours are spread over the day, and none lies after 12.

    A clock of twelve hours writes midnight as noon, as 12 or as 0: never as both.
    """
    spread = sorted(counts[:13], reverse=True)[FULLEST:]
    return not any(counts[13:]) and not (counts[0] and counts[12]) and sum(spread) >= SPREAD


def _measure_late_share(times: pl.Series, zone: str) -> float:
    """Return the share of the times that lie after 13:00 in the zone."""
    return float((compute_local_hours(times, zone) >= 13).mean() or 0.0)  # type: ignore[arg-type]


def _is_no_slip(count: int, rows: int) -> bool:
    return any(count >= least and count >= part * rows for least, part in SLIPS)


def _has_late_hours(counts: Sequence[int]) -> bool:
    return sum(counts) >= ENOUGH and sum(counts[13:]) > 2 * LATE * sum(counts)
