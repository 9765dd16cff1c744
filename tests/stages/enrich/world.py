"""Data sets made as an import makes them, from texts; and visits asked of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sightline.model import DatasetKind
from sightline.stages.enrich import ranges, readers
from sightline.stages.enrich.enrichment import add_enrichment
from sightline.stages.enrich.independence import DataSetPair
from sightline.stages.enrich.model import DataSet, sort_datasets
from sightline.stages.enrich.muted_datasets import LEVELS, Mute
from sightline.stages.enrich.reader import DatasetReading, SourceFile
from sightline.stages.enrich.weights import Weights

NOW = "2026-12-01"


def us(text: str) -> int:
    """Microseconds of a day or an instant, UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def read(
    path: Path, kind: str, day: str = "2026-06-01", name: str | None = None, agency: str | None = None
) -> DatasetReading:
    return readers.read(SourceFile(path, DatasetKind(kind), us(day), us(NOW), name, agency))


@dataclass
class World:
    """A folder of data sets."""

    folder: Path
    sets: list[DataSet] = field(default_factory=list)
    mutes: list[Mute] = field(default_factory=list)
    independent_for: tuple[str, ...] = ()
    """The providers for which any two data sets of places were measured as independent."""

    def add(
        self,
        kind: str,
        name: str,
        day: str,
        content: str | bytes,
        *,
        file: str = "",
        days: int = 92,
        agency: str | None = None,
    ) -> DatasetReading:
        place = len(self.sets)
        path = self.folder / (file or f"{name}-{place}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.take(kind, name, day, path, days=days, agency=agency)

    def take(
        self, kind: str, name: str, day: str, path: Path, *, days: int = 92, agency: str | None = None
    ) -> DatasetReading:
        place, found = len(self.sets), read(path, kind, day, name, agency)
        out = self.folder / f"{place}.parquet"
        ranges.write_ranges(DatasetKind(kind), found.ranges, found.records, out)
        self.sets.append(DataSet(name, DatasetKind(kind), us(day), f"{place:064d}", out, days, found.notes))
        return found

    def name(self, place: int | None) -> str | None:
        """The data set at a position of the generation's list."""
        return None if place is None else sort_datasets(self.sets)[place].name

    def ask(self, *visits: tuple[str | None, str] | tuple[str | None, str, str]) -> list[dict[str, object]]:
        """What is said of visits: address, begin and end."""
        rows = [(at, one[0], us(one[1]), us(one[-1])) for at, one in enumerate(visits)]
        schema = {"session": pl.UInt32, "address": pl.String, "first_us": pl.Int64, "last_us": pl.Int64}
        asked = pl.DataFrame(rows, schema=schema, orient="row")
        return add_enrichment(
            asked, sort_datasets(self.sets), Weights(tuple(self.mutes), tuple(self.pairs()))
        ).to_dicts()

    def pairs(self) -> list[DataSetPair]:
        """Every two names of data sets of places, for each provider of `independent_for`."""
        names = sorted({set_.name for set_ in self.sets if set_.kind is DatasetKind.CITY})
        both = itertools.product(itertools.combinations(names, 2), self.independent_for, LEVELS)
        return [DataSetPair(*two, isp, level) for two, isp, level in both]

    def one(self, address: str | None, *times: str) -> dict[str, object]:
        (found,) = self.ask((address, times[0], times[-1]))
        return found


def enrich_rows(rows: Sequence[dict[str, object]], *names: str) -> list[object]:
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in rows]
