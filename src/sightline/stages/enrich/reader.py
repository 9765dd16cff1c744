"""What a reader is given and what it gives back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from sightline.model import DatasetCode, DatasetKind

Watch = Callable[[int, int | None, int], None]
"""Is told how many bytes were read, of how many, and how many ranges were found."""
Rejects = Counter[DatasetCode]


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be read, and as what. `agency` is the issuer who signed it; `name` what the importer calls it."""

    path: Path
    kind: DatasetKind
    dated_us: int
    now_us: int
    name: str | None = None
    agency: str | None = None
    watch: Watch = lambda _done, _all, _found: None

    def part_done(self, done: int, whole: int, found: int) -> None:
        """Tell that so many records of so many were read, as that share of the file's bytes."""
        size = self.path.stat().st_size
        self.watch(size * done // max(whole, 1), size, found)


@dataclass(frozen=True, slots=True)
class FilePreview:
    """What tells which reader reads a file: its name, and how it begins, unpacked, and ends, as it lies there."""

    name: str
    head: bytes
    tail: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held: ranges with the columns of the kind, or with `record`, which counts into `records`.

    `title`: what the file itself calls its content. `is_flat`: no ranges of it are nested in a way to be resolved.
    """

    ranges: pl.DataFrame
    source_format: str
    rejects: Rejects
    records: pl.DataFrame | None = None
    title: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    is_flat: bool = False
