"""How records are read and how far decompression may go: all options of a scan, none of them guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DateOrder = Literal["dmy", "mdy", "ymd"]
ZoneTable = tuple[tuple[int, int], ...]
"""Rows `(from_utc_s, offset_s)`, ascending; each is in force from its instant on, the first one from ever."""

Drift = tuple[tuple[int, int], tuple[int, int]]
"""A clock that was compared twice: what it showed, and by how much it was ahead of true time, in microseconds."""
AddressRange = tuple[str, str]
"""First and last address, both inside."""

DEFAULT_UNCERTAINTY_S = 900
DEFAULT_MAX_FRAME_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the officer declares about an exhibit; `docs/adr/0003-format-program.md` says where each is used.

    `timezone` is the table of the zone of times that name none. `recorded - clock_offset_us` is the true time; with a
    `clock_drift` the offset is on the line through both of its instants. `before_us` and `after_us`: how long before
    and behind its time a visit may lie, beside what the clock is uncertain by; a list must speak for all of it.
    `trusted_proxies`: the addresses whose X-Forwarded-For is believed. `made_at_us` is when a manifest of files was
    made, whose rows state no time.
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


STRAY_PPM = 50
"""How far a clock may stray, at least, beyond the instants at which it was compared: that of a plain crystal."""


def offset_at(drift: Drift, recorded_us: int) -> tuple[int, int]:
    """The offset in microseconds when a clock showed an instant, on the line through both of its comparisons.

    Beside it, by how many whole seconds the offset is more uncertain than between them: as the measured drift, or
    STRAY_PPM if that is more, would move it.
    """
    (since, before), (until, after) = drift
    rise, run = after - before, until - since
    offset = before + rise * (recorded_us - since) // run
    beyond = max(since - recorded_us, recorded_us - until, 0)
    strayed = max(-(-beyond * abs(rise) // run), -(-beyond * STRAY_PPM // 1_000_000))
    return offset, -(-strayed // 1_000_000)


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
