"""How records are read and how far decompression may go: all options of a scan, none of them guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DateOrder = Literal["dmy", "mdy", "ymd"]
ZoneTable = tuple[tuple[int, int], ...]
"""Rows `(from_utc_s, offset_s)`, ascending; each is in force from its instant on, the first one from ever."""

DEFAULT_UNCERTAINTY_S = 900
DEFAULT_MAX_FRAME_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the officer declares about an exhibit; `docs/adr/0003-format-program.md` says where each is used.

    `timezone` is the table of the zone of times that name none. `recorded - clock_offset_us` is the true time.
    """

    timezone: ZoneTable | None = None
    year: int | None = None
    date_order: DateOrder | None = None
    clock_offset_us: int = 0
    clock_uncertainty_s: int = DEFAULT_UNCERTAINTY_S
    trusted_hops: int = 0
    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """How far an exhibit may unfold before the reject `decompression-limit`.

    `max_ratio` bounds decompressed to compressed bytes of one exhibit, looked at from `ratio_from_bytes` on, since a
    small file of blanks is no bomb. `max_bytes` bounds all decompressed bytes of one exhibit; `max_depth` archives
    within archives, `max_members` members of one exhibit.
    """

    max_bytes: int = 1 << 42
    max_ratio: int = 2000
    ratio_from_bytes: int = 1 << 26
    max_depth: int = 4
    max_members: int = 1 << 20
