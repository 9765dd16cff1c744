"""The input and the output of a data set reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from sightline.model import DatasetCode, DatasetKind
from sightline.model.progress import Progress, ignore_progress

Rejects = Counter[DatasetCode]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file to read, and its kind. `agency` is the issuer who signed it; `name` the importer's name for it."""

    path: Path
    kind: DatasetKind
    dated_us: int
    now_us: int
    name: str | None = None
    agency: str | None = None
    progress: Progress = ignore_progress

    def report_part_done(self, done: int, whole: int, found_count: int) -> None:
        """Report progress by records, as the same share of the file's bytes."""
        size = self.path.stat().st_size
        self.progress(size * done // max(whole, 1), size, found_count)


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The facts that select a file's reader.

    Its name, its first bytes after decompression, and its last bytes as stored.
    """

    name: str
    head: bytes
    tail: bytes


@dataclass(frozen=True, slots=True)
class DatasetReading:
    """The content of a file: ranges with the columns of the kind, or with `record`, an index into `records`.

    `title`: the file's own title. `is_flat`: its ranges have no nesting to resolve.
    """

    ranges: pl.DataFrame
    source_format: str
    rejects: Rejects
    records: pl.DataFrame | None = None
    title: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    is_flat: bool = False
