"""The counts of a generation: computed by one pass over its leads, however many, none of them rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.stages.report import places, words
from sightline.stages.report.places import PlaceKind, PlaceRow

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Totals:
    """How many leads, sessions, visits and hits; leads by ceiling, band and place. Times are microseconds, UTC."""

    leads: int
    sessions: int
    visits: int
    hits: int
    first_us: int | None
    last_us: int | None
    by_ceiling: Mapping[str, int]
    by_band: Mapping[str, int]
    places: tuple[PlaceRow, ...]

    def of(self, kind: PlaceKind) -> PlaceRow:
        """The row of a kind that is no state."""
        return next(row for row in self.places if row.kind is kind)

    @property
    def states(self) -> tuple[PlaceRow, ...]:
        """The rows of states, most leads first."""
        return tuple(row for row in self.places if row.kind is PlaceKind.STATE)


def totals(leads: pl.DataFrame | pl.LazyFrame) -> Totals:
    """The counts of leads with the columns of ADR 17."""
    import polars as pl  # noqa: PLC0415

    lazy = leads.lazy()
    sums = lazy.select(
        pl.len().alias("leads"),
        *(pl.col(name).sum().cast(pl.Int64) for name in ("sessions", "visits", "hits")),
        pl.col("first_us").min().cast(pl.Int64),
        pl.col("last_us").max().cast(pl.Int64),
    )
    summed, grouped = pl.collect_all([sums, places.groups(lazy)])
    found = places.rows(grouped)
    return Totals(
        **summed.row(0, named=True),
        by_ceiling={one.value: sum(place.by_ceiling[one] for place in found) for one in words.LADDER},
        by_band={one: sum(place.by_band[one] for place in found) for one in words.BANDS},
        places=found,
    )
