"""Build the place table: the number of leads in each place.

`undetermined` is a normal row. The table is also written for a terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sightline.model import Ceiling
from sightline.stages.report import tiles, words
from sightline.stages.report.printable import make_printable

if TYPE_CHECKING:
    import polars as pl

HIGH_SEAS = "XZ"
"""The UN/LOCODE code for places in no country, which ISO 3166-1 leaves free for users."""
READ = ("ceiling", "priority", "country", "state", "circle", "district", "place", "line")
"""The columns of leads for the counts."""
NO_VISITOR = (Ceiling.RELAY, Ceiling.AUTOMATED, Ceiling.STATISTICS)
"""Ceilings whose address is not a visitor's: its place is no lead's place."""


class PlaceKind(StrEnum):
    """The kind of a row of the place table, in the order of the table."""

    STATE = "state"
    UNDETERMINED = "undetermined"
    RELAY = "relay"
    ABROAD = "abroad"
    SEA = "sea"


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """A row's count for one district, circle or country. `name` is None if that is unknown."""

    level: str
    name: str | None
    leads: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One row. `key` is a state's current code, or the kind."""

    kind: PlaceKind
    key: str
    leads: int
    by_ceiling: Mapping[str, int]
    by_band: Mapping[str, int]
    parts: tuple[PlaceCount, ...]

    @property
    def name(self) -> str:
        """Return the state's name, or the name of the kind."""
        return tiles.name_state(self.key) if self.kind is PlaceKind.STATE else words.describe_place(self.kind)[0]


def build_table(frame: pl.DataFrame | pl.LazyFrame) -> tuple[PlaceRow, ...]:
    """Return the rows for leads with the columns of ADR 17: states by number of leads, then every other kind."""
    return build_rows(count_groups(frame.lazy()).collect())


def count_groups(leads: pl.LazyFrame) -> pl.LazyFrame:
    """Count leads for each kind, key, level, part, ceiling and band: some thousand rows for any number of leads."""
    import polars as pl  # noqa: PLC0415

    alike = leads.group_by(READ).agg(leads=pl.len()).with_columns(pl.col(READ).cast(pl.String))
    state = pl.col("state").replace(dict(tiles.load_codes()))
    known_rows = alike.with_columns(state, country=pl.coalesce("country", state.str.head(2))).with_columns(
        kind=choose_place_kind()
    )
    is_state, is_abroad = pl.col("kind") == PlaceKind.STATE, pl.col("kind") == PlaceKind.ABROAD
    in_circle = (pl.col("line") == "mobile") & pl.col("circle").is_not_null()
    in_circle &= is_state | (pl.col("kind") == PlaceKind.UNDETERMINED)
    levels = {"circle": in_circle, "district": is_state, "country": is_abroad}
    level = pl.coalesce(*(pl.when(holds).then(pl.lit(name)) for name, holds in levels.items()), pl.lit("all"))
    by_level = {name: pl.when(pl.col("level") == name).then(pl.col(name)) for name in levels}
    key = pl.when(is_state).then(pl.col("state")).otherwise(pl.col("kind"))
    cut = known_rows.with_columns(level=level, key=key).with_columns(part=pl.coalesce(*by_level.values()))
    return cut.group_by("kind", "key", "level", "part", "ceiling", pl.col("priority").alias("band")).agg(
        pl.col("leads").sum()
    )


def choose_place_kind() -> pl.Expr:
    """Return the kind of a lead's place by the first that applies: a relay is no visitor, whatever its place."""
    import polars as pl  # noqa: PLC0415

    holds = {
        PlaceKind.RELAY: pl.col("ceiling").is_in([ceiling.value for ceiling in NO_VISITOR]),
        PlaceKind.SEA: pl.col("country") == HIGH_SEAS,
        PlaceKind.ABROAD: pl.col("country") != tiles.load_country().code,
        PlaceKind.STATE: (pl.col("place") != "undetermined") & pl.col("state").is_not_null(),
    }
    each = (pl.when(expression).then(pl.lit(kind.value)) for kind, expression in holds.items())
    return pl.coalesce(*each, pl.lit(PlaceKind.UNDETERMINED.value))


def build_rows(grouped: pl.DataFrame) -> tuple[PlaceRow, ...]:
    """Return the table from the counts of `count_groups`."""
    result: dict[tuple[PlaceKind, str], list[tuple[str, str | None, str, str, int]]] = {
        (kind, kind.value): [] for kind in PlaceKind if kind is not PlaceKind.STATE
    }
    for kind, key, *rest in grouped.iter_rows():
        result.setdefault((PlaceKind(kind), key), []).append(tuple(rest))
    place_rows = [_build_row(kind, key, counts) for (kind, key), counts in result.items()]
    order = list(PlaceKind)
    return tuple(sorted(place_rows, key=lambda row: (order.index(row.kind), -row.leads, row.key)))


def _build_row(kind: PlaceKind, key: str, counts: Iterable[tuple[str, str | None, str, str, int]]) -> PlaceRow:
    ceilings, bands, parts = Counter[str](), Counter[str](), Counter[tuple[str, str | None]]()
    for level, part, ceiling, band, leads in counts:
        ceilings[ceiling] += leads
        bands[band] += leads
        parts[level, part] += leads
    ordered = sorted(parts.items(), key=lambda one: (one[0][1] is None, -one[1], one[0][0], one[0][1] or ""))
    return PlaceRow(
        kind,
        key,
        ceilings.total(),
        {ceiling.value: ceilings[ceiling] for ceiling in words.LADDER},
        {band: bands[band] for band in words.BANDS},
        tuple(PlaceCount(level, name, leads) for (level, name), leads in ordered),
    )


BLOCKS = " ▏▎▍▌▋▊▉█"
SHADES = {
    PlaceKind.STATE: "█",
    PlaceKind.UNDETERMINED: "░",
    PlaceKind.RELAY: "╌",
    PlaceKind.ABROAD: "▒",
    PlaceKind.SEA: "~",
}
"""The characters of bars: full for states, never full for other kinds."""
BAR_WIDTH = 24


def format_lines(place_rows: Sequence[PlaceRow]) -> Iterator[str]:
    """Return the table for a terminal, readable without colour.

    There is a bar for each row, `undetermined` with another character.
    """
    lines_shown = [row for row in place_rows if row.leads or row.kind is PlaceKind.UNDETERMINED]
    most, total = max((row.leads for row in lines_shown), default=0), sum(row.leads for row in lines_shown)
    width = max(len("At sea"), *(len(row.name) for row in lines_shown))
    yield f"{'PLACE':<{width}}  {'LEADS':>9}  {'':<{BAR_WIDTH}}  {'ONE LINE':>9}  {'ONE OF MANY':>11}  {'OTHER':>9}"
    for row in lines_shown:
        line, many = row.by_ceiling[Ceiling.SUBSCRIBER], row.by_ceiling[Ceiling.SHARED]
        rest = f"{line:>9,}  {many:>11,}  {row.leads - line - many:>9,}"
        bar = draw_bar(row.leads, most, row.kind)
        yield f"{make_printable(row.name):<{width}}  {row.leads:>9,}  {bar:<{BAR_WIDTH}}  {rest}"
    yield f"{'all':<{width}}  {total:>9,}"
    for kind in (row.kind for row in lines_shown if row.kind is not PlaceKind.STATE):
        name, means = words.describe_place(kind)
        yield f"{SHADES[kind] * 2} {name.lower()}: {means}"


def draw_bar(leads: int, most: int, kind: PlaceKind) -> str:
    """Return a bar as long as its share of the largest, never empty if there is a lead."""
    eighths = max(1, round(8 * BAR_WIDTH * leads / most)) if leads else 0
    if kind is not PlaceKind.STATE:
        return SHADES[kind] * -(-eighths // 8)
    return BLOCKS[8] * (eighths // 8) + BLOCKS[eighths % 8].strip()
