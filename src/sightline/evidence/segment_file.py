"""Read rows of a sealed segment as hits, in batches with bounded memory: all of them, or those of one visitor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import DamagedInput
from sightline.evidence.hit_row import UnreadableRow, parse_hit
from sightline.model import Hit
from sightline.stages.scan.hit_rows import format_timestamp

if TYPE_CHECKING:
    import polars

BATCH_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A record's place in its exhibit, and its source address."""

    address: str
    member: str | None
    byte_offset: int


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A filter of rows: one source address, a range of its ports, half-open times. None does not filter.

    `lists`: only these lists, each an issuer and a list's id. `records`: only these records of the exhibit. A row
    without a port matches no port: behind a shared address its line is unknown.
    """

    address: str | None = None
    ports: tuple[int, int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    lists: frozenset[tuple[str, str]] | None = None
    records: frozenset[RecordPlace] | None = None

    def to_expression(self) -> polars.Expr:
        """Return the filter as a polars expression."""
        import polars  # noqa: PLC0415  - takes a while to load

        condition = polars.lit(value=True)
        if self.address is not None:
            condition &= polars.col("source_ip") == self.address
        if self.ports is not None:
            condition &= polars.col("source_port").is_between(*self.ports)
        if self.since is not None:
            condition &= polars.col("timestamp") >= self.since
        if self.until is not None:
            condition &= polars.col("timestamp") < self.until
        if self.lists is not None:
            pairs = [(polars.col("issuer") == one) & (polars.col("list_id") == other) for one, other in self.lists]
            condition &= polars.any_horizontal(polars.lit(value=False), *pairs)
        if self.records is not None:
            condition &= _is_among(self.records)
        return condition


def _is_among(records: frozenset[RecordPlace]) -> polars.Expr:
    import polars  # noqa: PLC0415

    offsets: dict[tuple[str, str | None], list[int]] = {}
    for record in records:
        offsets.setdefault((record.address, record.member), []).append(record.byte_offset)
    conditions = [
        (polars.col("source_ip") == address)
        & polars.col("member").eq_missing(polars.lit(member, polars.String))
        & polars.col("byte_offset").is_in(sorted(places))
        for (address, member), places in sorted(offsets.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    ]
    return polars.any_horizontal(polars.lit(value=False), *conditions)


EVERY = RowFilter()


def find_segment_indices(path: Path, row_filter: RowFilter) -> list[int]:
    """Return the places of matching rows, ascending from 0."""
    import polars  # noqa: PLC0415

    rows = polars.scan_parquet(path).with_row_index("index").filter(row_filter.to_expression()).select("index")
    return [int(index) for index in rows.collect()["index"]]


def read_segment_hits(path: Path, exhibit_sha256: str, row_filter: RowFilter = EVERY) -> Iterator[Hit]:
    """Yield the matching rows in the segment's order. Raises DamagedInput for an invalid row."""
    import polars  # noqa: PLC0415

    frame = polars.scan_parquet(path)
    height = int(frame.select(polars.len()).collect().item())
    places = None if row_filter == EVERY else find_segment_indices(path, row_filter)
    for start, end in _list_windows(height, places):
        yield from _build_hits(path, exhibit_sha256, frame.slice(start, end - start).filter(row_filter.to_expression()))


def read_segment_hits_at(path: Path, exhibit_sha256: str, places: Sequence[int]) -> Iterator[Hit]:
    """Yield the rows at some places, which ascend from 0. Raises DamagedInput for an invalid row."""
    import polars  # noqa: PLC0415

    frame = polars.scan_parquet(path).with_row_index("index")
    for start in range(0, len(places), BATCH_ROWS):
        batch = places[start : start + BATCH_ROWS]
        rows = frame.slice(batch[0], batch[-1] + 1 - batch[0]).filter(polars.col("index").is_in(batch)).drop("index")
        yield from _build_hits(path, exhibit_sha256, rows)


def _build_hits(path: Path, exhibit_sha256: str, rows: polars.LazyFrame) -> Iterator[Hit]:
    import polars  # noqa: PLC0415

    for row in rows.with_columns(polars.col("timestamp").dt.epoch("us")).collect().iter_rows(named=True):
        text = format_timestamp(row["timestamp"])
        try:
            yield parse_hit(row | {"timestamp": text, "exhibit_sha256": exhibit_sha256})
        except UnreadableRow as why:
            what = f"{path.name}: a row of this segment cannot be read: {why.reason}"
            raise DamagedInput(what, hint="sightline verify --rows names all that is wrong") from None


def _list_windows(height: int, places: list[int] | None) -> Iterator[tuple[int, int]]:
    """Yield the ranges of rows to read: all, or only as far as there are rows that are wanted."""
    if places is None:
        yield from ((start, min(start + BATCH_ROWS, height)) for start in range(0, height, BATCH_ROWS))
        return
    at = 0
    while at < len(places):
        first = places[at]
        while at < len(places) and places[at] < first + BATCH_ROWS:
            at += 1
        yield first, places[at - 1] + 1
