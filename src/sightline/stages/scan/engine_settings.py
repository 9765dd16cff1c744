"""The settings of one scan for both engines, besides exhibits, lists and how records are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.stages.scan.engine_output import HitFormat, ScanCounts
from sightline.stages.scan.options import DecompressionLimits
from sightline.stages.scan.segments import USUAL, SegmentLimits


def _ignore_counts(_bytes: int, _frames: int, _hits: int) -> None:
    """Ignore how far a scan is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """The settings of one scan, and the places for its hits and rejects.

    `hits` and `rejects` go to files that must not exist yet; hits as `segments` to an existing empty folder, with a row
    key of 32 bytes for each exhibit. `all_hits_of`: a server whose every visit is a hit. `digest_key` is the key of
    hashed lists. `watch` is called with counts while the scan runs. The oracle has one thread, whatever `threads` says.
    """

    limits: DecompressionLimits
    all_hits_of: str | None = None
    digest_key: bytes | None = None
    hits: tuple[HitFormat, Path | None] = ("nothing", None)
    rejects: Path | None = None
    threads: int = 1
    watch: ScanCounts = _ignore_counts
    row_keys: Sequence[bytes] = ()
    segment_limits: SegmentLimits = USUAL
