"""The common results of both engines, the kernel and the oracle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sightline.model import RejectCode
from sightline.stages.scan.segments import SealedSegment

HitFormat = Literal["nothing", "memory", "stdout", "jsonl", "csv", "parquet", "segments", "part"]
ScanCounts = Callable[[int, int, int], None]
"""A callback for bytes read, frames read and hits found. Frames are what it has beyond `Progress`: the live page counts
them."""


@dataclass(frozen=True, slots=True)
class SampleReading:
    """Counts of how a program reads frames: `frames = records + comments + sum(rejects)`."""

    frames: int
    records: int
    comments: int
    rejects: Mapping[RejectCode, int]


@dataclass(frozen=True, slots=True)
class MemberHead:
    """A member of an exhibit by its first bytes. `name` is None for an exhibit that is no archive.

    `is_whole`: the first bytes are all that can be read of it. `tail`: its last bytes, if they were asked for.
    """

    name: str | None
    head: bytes
    is_whole: bool
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class PartAccount:
    """The account of a part of an archive besides its counts.

    `is_divisible`: parts of this archive make its whole. `decoded_bytes` were unpacked of `packed_bytes`.
    """

    is_divisible: bool
    decoded_bytes: int
    packed_bytes: int


@dataclass(frozen=True, slots=True)
class ExhibitScan:
    """An exhibit after its scan. `examples` are masked frames by code; `sketch` counts what later rules need.

    `segments` are in order, if hits went to segments.
    """

    sha256: str
    size_bytes: int
    frames: int
    records: int
    comments: int
    hit_records: int
    hits: int
    unmatched: int
    outside_window: int
    rejects: Mapping[RejectCode, int]
    seconds: float
    grew: bool = False
    examples: Mapping[RejectCode, tuple[str, ...]] = field(default_factory=dict)
    sketch: Mapping[str, int | None] = field(default_factory=dict)
    segments: tuple[SealedSegment, ...] = ()
