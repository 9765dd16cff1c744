"""The result of reading a group of exhibits, on this machine or on a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sightline.stages.scan.engine_output import ScanCounts, Scanned


@dataclass(frozen=True, slots=True)
class GroupRead:
    """The results of a group, in order. `begun` and `machines`: when and where, if that was not here and now."""

    scanned: list[Scanned]
    begun: datetime | None = None
    machines: tuple[Mapping[str, str], ...] = ()


ReadGroup = Callable[[Path | None, Sequence[bytes], ScanCounts], GroupRead]
"""Reads a group. Its segments go to the folder, sealed with a row key for each exhibit."""
