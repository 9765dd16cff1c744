"""Count a generation of leads in one pass, however many there are, without rendering any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sightline.stages.report import place_table, words
from sightline.stages.report.place_table import PlaceKind, PlaceRow

if TYPE_CHECKING:
    import polars as pl

DAY_US, IST_US = 86_400_000_000, 19_800_000_000
"""A day, and the offset of Indian time, in microseconds."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of leads, sessions, visits and hits; leads by ceiling, band and place. Times are microseconds, UTC.

    `by_day`: leads by the day of their first visit, in India, without days that have none.
    """

    leads: int
    sessions: int
    visits: int
    hits: int
    first_us: int | None
    last_us: int | None
    by_ceiling: Mapping[str, int]
    by_band: Mapping[str, int]
    by_day: Mapping[date, int]
    places: tuple[PlaceRow, ...]

    def get_row(self, kind: PlaceKind) -> PlaceRow:
        """Return the row of a kind without a state."""
        return next(row for row in self.places if row.kind is kind)

    @property
    def states(self) -> tuple[PlaceRow, ...]:
        """Return the rows of states, most leads first."""
        return tuple(row for row in self.places if row.kind is PlaceKind.STATE)


def count_totals(leads: pl.DataFrame | pl.LazyFrame) -> Totals:
    """Return the counts of leads with the columns of ADR 17."""
    import polars as pl  # noqa: PLC0415

    lazy = leads.lazy()
    sums = lazy.select(
        pl.len().alias("leads"),
        *(pl.col(name).sum().cast(pl.Int64) for name in ("sessions", "visits", "hits")),
        pl.col("first_us").min().cast(pl.Int64),
        pl.col("last_us").max().cast(pl.Int64),
    )
    day = (pl.col("first_us") + IST_US).floordiv(DAY_US).cast(pl.Int32).cast(pl.Date)
    days = lazy.group_by(day.alias("day")).agg(pl.len()).drop_nulls().sort("day")
    summed, grouped, by_day = pl.collect_all([sums, place_table.count_groups(lazy), days])
    place_rows = place_table.build_rows(grouped)
    return Totals(
        **summed.row(0, named=True),
        by_ceiling={ceiling.value: sum(place.by_ceiling[ceiling] for place in place_rows) for ceiling in words.LADDER},
        by_band={band: sum(place.by_band[band] for place in place_rows) for band in words.BANDS},
        by_day=dict(by_day.iter_rows()),
        places=place_rows,
    )
