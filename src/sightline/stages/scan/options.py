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
    `made_at_us` is when a manifest of files was made, whose rows state no time.
    """

    timezone: ZoneTable | None = None
    year: int | None = None
    date_order: DateOrder | None = None
    clock_offset_us: int = 0
    clock_uncertainty_s: int = DEFAULT_UNCERTAINTY_S
    made_at_us: int | None = None
    trusted_hops: int = 0
    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one exhibit may unfold before the reject `decompression-limit`; `rust/src/input/limits.rs` has the same.

    Decoded bytes of all layers together may be `decoded_bytes`, and `ratio` for one byte of the outer file, of which
    the first `free_bytes` do not count. `nesting` is compressions and archives within each other. `spool_bytes` bounds
    an archive that must be held in memory because it lies where nothing can seek (a zip in a tar).
    """

    ratio: int = 1000
    free_bytes: int = 64 << 20
    decoded_bytes: int = 1 << 40
    members: int = 1_000_000
    nesting: int = 4
    spool_bytes: int = 256 << 20
