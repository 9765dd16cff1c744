"""Choose the reader for a data set file by its content, and return its ranges without overlaps.

One module for each format.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import polars as pl

from sightline.errors import DamagedInput, UnknownFormat, UsageError
from sightline.model import DatasetKind
from sightline.stages.enrich.dataset_files import preview_file
from sightline.stages.enrich.model import SHARING
from sightline.stages.enrich.ranges import flatten_ranges
from sightline.stages.enrich.reader import DatasetReading, SourceFile
from sightline.stages.enrich.readers import agent_patterns, boundaries, exit_list, lists, mmdb, onionoo, table

READERS: tuple[ModuleType, ...] = (mmdb, exit_list, onionoo, boundaries, agent_patterns, lists, table)
"""The readers: each has FORMAT, KINDS, `reads(seen)` and `read(source)`; the first that accepts a file is used."""


def read(source: SourceFile) -> DatasetReading:
    """Read a file and flatten its ranges. Raises UnknownFormat, UsageError for the wrong kind, DamagedInput."""
    reader = choose_reader(source.path)
    if source.kind not in reader.KINDS:
        others = ", ".join(sorted(kind.value for kind in reader.KINDS))
        raise UsageError(
            f"{source.path.name} is {reader.FORMAT}: it tells of {others}, not of {source.kind}",
            hint=f"--kind {sorted(kind.value for kind in reader.KINDS)[0]}",
        )
    reading: DatasetReading = reader.read(source)
    if not reading.ranges.height:
        raise DamagedInput(
            f"{source.path.name} contains nothing that can be used: {_count_rejects(reading)}", hint="get it again"
        )
    ranges = reading.ranges if reading.is_flat else _flatten_by_kind(source.kind, reading.ranges)
    return replace(reading, ranges=ranges, rejects=+reading.rejects, is_flat=True)


def _flatten_by_kind(kind: DatasetKind, ranges: pl.DataFrame) -> pl.DataFrame:
    """Ranges that do not overlap; of statements those of sharing and those of assignments apart."""
    if kind is not DatasetKind.NAT:
        return flatten_ranges(ranges)
    assignment = ("assignment",)
    apart = []
    for mine, others in ((SHARING, assignment), (assignment, SHARING)):
        says = ranges.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in mine))
        apart.append(
            flatten_ranges(says.with_columns(pl.lit(None, ranges.schema[name]).alias(name) for name in others))
        )
    return pl.concat(apart).sort("first", "from_us", maintain_order=True)


def choose_reader(path: Path) -> ModuleType:
    """Return the reader of a file or folder. Raises UnknownFormat."""
    seen = preview_file(path)
    if not seen.head.strip():
        raise DamagedInput(f"{path} is empty", hint="get it again from where it came from")
    module = next((reader for reader in READERS if (reader in _OF_MANY or path.is_file()) and reader.reads(seen)), None)
    if module is None:
        raise UnknownFormat(
            f"{path.name} is not a data set in a known format",
            hint="docs/how-to/datasets.md shows what is: MMDB, exit lists, Onionoo, range lists, CSV, GeoJSON",
        )
    return module


_OF_MANY = (exit_list, onionoo)
"""The readers of folders and archives of many snapshots."""


def _count_rejects(reading: DatasetReading) -> str:
    return ", ".join(f"{count} {code}" for code, count in sorted(reading.rejects.items()) if count) or "no range"
