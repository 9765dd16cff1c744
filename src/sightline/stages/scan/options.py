"""All options of a scan: how records are read and the limits of decompression. None of them is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DateOrder = Literal["dmy", "mdy", "ymd"]
ZoneTable = tuple[tuple[int, int], ...]
"""Rows `(from_utc_s, offset_s)`, ascending. Each applies from its instant on, the first one from the beginning of time.
"""

Drift = tuple[tuple[int, int], tuple[int, int]]
"""A clock that was compared twice: its reading, and how far it was ahead of true time, in microseconds."""
AddressRange = tuple[str, str]
"""First and last address, both included."""

DEFAULT_UNCERTAINTY_S = 900
DEFAULT_MAX_FRAME_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The officer's declarations about an exhibit. `docs/adr/0003-format-program.md` defines their use.

    `timezone` is the zone table for times without a zone. `recorded - clock_offset_us` is the true time; with a
    `clock_drift` the offset is on the line through both of its instants. `before_us` and `after_us`: how long before
    and after its time a visit may be, besides the clock's uncertainty; a list must cover all of it. `trusted_proxies`:
    the addresses whose X-Forwarded-For is believed. `made_at_us` is when a manifest of files was made, whose rows have
    no time. `year_at_end`: `year` is that of a log's last time,
    not of its first. `first_day` belongs to one exhibit (`ScanInput`): the day of its first time. A day over a month
    before it is in the next year.
    """

    timezone: ZoneTable | None = None
    year: int | None = None
    date_order: DateOrder | None = None
    clock_offset_us: int = 0
    clock_drift: Drift | None = None
    clock_uncertainty_s: int = DEFAULT_UNCERTAINTY_S
    before_us: int = 0
    after_us: int = 0
    made_at_us: int | None = None
    trusted_hops: int = 0
    trusted_proxies: tuple[AddressRange, ...] = ()
    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES
    first_day: tuple[int, int, int] | None = None
    year_at_end: bool = False


STRAY_PPM = 50
"""The minimum drift of a clock beyond the instants at which it was compared: that of a plain crystal."""


def compute_offset(drift: Drift, recorded_us: int) -> tuple[int, int]:
    """Return the offset in microseconds at a clock's reading, on the line through both of its comparisons.

    Also return by how many whole seconds the offset is more uncertain than between them: as the measured drift, or
    STRAY_PPM if that is more, would move it.
    """
    (since, before), (until, after) = drift
    rise, run = after - before, until - since
    offset = before + rise * (recorded_us - since) // run
    beyond = max(since - recorded_us, recorded_us - until, 0)
    strayed = max(-(-beyond * abs(rise) // run), -(-beyond * STRAY_PPM // 1_000_000))
    return offset, -(-strayed // 1_000_000)


@dataclass(frozen=True, slots=True)
class DecompressionLimits:
    """Limits on the expansion of an exhibit, with the reject `decompression-limit`.

    `rust/src/input/limits.rs` has the same.

    Decoded bytes of all layers together may be `decoded_bytes`, and `ratio` for one byte of the outer file, of which
    the first `free_bytes` do not count. `nesting` counts compressions and archives within each other. `spool_bytes`
    limits an archive that must be held in memory because its place is not seekable (a zip in a tar).
    """

    ratio: int = 1000
    free_bytes: int = 64 << 20
    decoded_bytes: int = 1 << 40
    members: int = 1_000_000
    nesting: int = 4
    spool_bytes: int = 256 << 20
