"""The request of a match, checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from sightline.stages.formats.loader import Format

HitFormat = Literal["memory", "stdout", "jsonl", "csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Destinations. `hits`: a path ending in .jsonl, .csv or .parquet, `-` for stdout, None for memory."""

    hits: str | None = "-"
    rejects: Path | None = None
    summary: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """One match, as requested on the command line or from Python. A log that is None is standard input.

    A folder among the logs stands for the files in it. `skip_unknown` leaves out those that no format reads.
    `own_formats`: formats beside those of Sightline, by name.
    """

    logs: tuple[Path | None, ...]
    lists: tuple[Path, ...]
    trust: tuple[Path, ...]
    now: datetime
    format: str = "auto"
    skip_unknown: bool = False
    own_formats: Mapping[str, Format] = field(default_factory=dict)
    timezone: str | None = None
    year: int | None = None
    year_at_end: int | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    made_at: datetime | None = None
    clock_offset_s: float = 0.0
    clock_uncertainty_s: float = 900.0
    trusted_hops: int = 0
    trusted_proxies: tuple[str, ...] = ()
    all_hits_of: str | None = None
    digest_key: Path | None = None
    max_ratio: int | None = None
    max_unpacked_bytes: int | None = None
    threads: int | None = None
    outputs: Outputs = field(default_factory=Outputs)
