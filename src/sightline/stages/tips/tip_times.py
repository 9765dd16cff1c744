"""Parse times of a tip: texts by the layouts of ADR 3, and the serial numbers of spreadsheets."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from sightline.model import RejectCode, TimeBasis, TipCode
from sightline.stages.formats.program import Zone
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.record_times import (
    RecordedInstant,
    is_in_range,
    list_local_instants,
    parse_time,
    read_time,
)
from sightline.stages.scan.zones import build_zone_table
from sightline.stages.tabular.serial_days import DAY_MS, SERIAL_ZERO
from sightline.stages.tabular.table_rows import Unreadable
from sightline.stages.tips.model import TipTime

_ISO = "%Y-%m-%d"
_DATES = (_ISO, "%D", "%e %b %Y", "%e-%b-%Y", "%b %e, %Y")
_SEPARATORS = ("%t", ", ")
_CLOCKS = ("%H:%M:%S%F", "%I:%M:%S%F %p")
_WHOLE = (f"{date}{sign}{clock}" for date in _DATES for sign in _SEPARATORS for clock in _CLOCKS)
_LAYOUTS = (*_WHOLE, "%b %e %H:%M:%S%F")
_CUT = (*(layout.replace(":%S%F", "") for layout in _LAYOUTS), *_DATES)
_ZONES = ("%z", " %z", " UTC%z", " GMT%z")
_ZONED = tuple(f"{layout}{zone}" for layout in _LAYOUTS for zone in _ZONES)
_CUT_ZONED = tuple(f"{layout}{zone}" for layout in _CUT for zone in ("", *_ZONES))
_DIGIT = re.compile(r"[0-9]", re.ASCII)
_UTC = re.compile(r" ?(?:UTC|GMT|\((?:UTC|GMT)\))$")
_SHORT_HOUR = re.compile(r"(?<=[ ,T])([0-9])(?=:[0-9]{2}(?:[: ]|$))")
_SERIAL = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_CLOCK_ONLY = re.compile(r"[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?(?: ?[AaPp][Mm])?", re.ASCII)
_EPOCH_SECONDS = re.compile(r"[0-9]{9,11}(?:\.[0-9]{1,9})?", re.ASCII)

_CODES = {
    RejectCode.TIME_WITHOUT_YEAR: TipCode.TIME_WITHOUT_YEAR,
    RejectCode.DATE_WITHOUT_ORDER: TipCode.DATE_WITHOUT_ORDER,
    RejectCode.TIME_IN_GAP: TipCode.TIME_IN_GAP,
}


def parse_instant(text: str, zone: str | None, options: ReadOptions) -> TipTime:
    """Return the instant of a text, with its zone from `zone` if the tip has a column for that. Raises Unreadable."""
    if _SERIAL.fullmatch(text) or _CLOCK_ONLY.fullmatch(text):
        raise Unreadable(TipCode.MANGLED_TIME)
    padded = _SHORT_HOUR.sub(r"0\1", text)
    original = text if zone is None else f"{text} {zone}"
    if _UTC.search(padded):
        padded = _UTC.sub("Z", padded)
    zoned = _select_fitting(_DIGIT.sub("1", padded), _ZONED)
    if zoned:
        tip_time = _read(padded, original, _ZONED, Zone.DECLARED, options, TimeBasis.RECORD)
        _agree(padded, zoned, tip_time, zone)
        return tip_time
    if zone is not None:
        return _read_local_time(padded, original, replace(options, timezone=_load_zone_table(zone)), TimeBasis.RECORD)
    return _read_local_time(padded, original, options, TimeBasis.DECLARED)


def _agree(text: str, layouts: tuple[str, ...], tip_time: TipTime, zone: str | None) -> None:
    """Raise Unreadable where the zone that stands beside a time is not the one that stands in it."""
    parts = next((time for layout in layouts if (time := parse_time(text.encode(), layout)) is not None), None)
    if zone is None or parts is None:
        return
    utc_s = tip_time.recorded_us // 1_000_000
    if utc_s not in list_local_instants(utc_s + (parts.offset_s or 0), _load_zone_table(zone)):
        raise Unreadable(TipCode.BAD_ZONE)


def parse_epoch_instant(text: str) -> TipTime:
    """Return the instant of a number of seconds since 1970, UTC. Raises Unreadable."""
    if not _EPOCH_SECONDS.fullmatch(text):
        raise Unreadable(TipCode.MANGLED_TIME)
    time = read_time(text.encode(), ("%s",), Zone.UTC, ReadOptions())
    if not isinstance(time, RecordedInstant):
        raise Unreadable(TipCode.BAD_TIME)
    return TipTime(time.recorded_us, text, TimeBasis.RECORD)


def convert_serial_instant(
    days: Decimal, text: str, *, from_1904: bool, zone: str | None, options: ReadOptions
) -> TipTime:
    """Return the instant of a serial number of days, which has no zone, to the millisecond as its digits allow.

    Raises Unreadable.
    """
    zero_us = int(SERIAL_ZERO[from_1904].timestamp()) * 1_000_000
    local_us = zero_us + round(days * DAY_MS) * 1000
    original = text if zone is None else f"{text} {zone}"
    table, basis = options.timezone, TimeBasis.DECLARED
    if zone is not None:
        table, basis = _load_zone_table(zone), TimeBasis.RECORD
    if not is_in_range(local_us):
        raise Unreadable(TipCode.BAD_TIME)
    if table is None:
        return TipTime(local_us, original, TimeBasis.NONE)
    local_s, micro = divmod(local_us, 1_000_000)
    instants = list_local_instants(local_s, table)
    if not instants:
        raise Unreadable(TipCode.TIME_IN_GAP)
    if not is_in_range(instants[0] * 1_000_000):
        raise Unreadable(TipCode.BAD_TIME)
    return TipTime(instants[0] * 1_000_000 + micro, original, basis, instants[-1] - instants[0])


@lru_cache(maxsize=64)
def _load_zone_table(zone: str) -> tuple[tuple[int, int], ...]:
    try:
        return build_zone_table("UTC" if zone.upper() == "GMT" else zone)
    except ValueError:
        raise Unreadable(TipCode.BAD_ZONE) from None


def _read_local_time(text: str, original: str, options: ReadOptions, basis: TimeBasis) -> TipTime:
    """The instant of a local time in the zone of the options; a local time without one where there is none."""
    if options.timezone is None:
        return _read(text, original, _LAYOUTS, Zone.UTC, options, TimeBasis.NONE)
    return _read(text, original, _LAYOUTS, Zone.DECLARED, options, basis)


def _read(
    text: str, original: str, layouts: tuple[str, ...], zone: Zone, options: ReadOptions, basis: TimeBasis
) -> TipTime:
    time = read_time(text.encode(), _select_fitting(_DIGIT.sub("1", text), layouts), zone, options)
    if isinstance(time, RecordedInstant):
        return TipTime(time.recorded_us, original, basis, time.fold_s)
    if time is RejectCode.BAD_TIME and _is_cut(text, options):
        raise Unreadable(TipCode.INCOMPLETE_TIME)
    raise Unreadable(_CODES.get(time, TipCode.BAD_TIME))


@lru_cache(maxsize=1024)
def _select_fitting(shape: str, layouts: tuple[str, ...]) -> tuple[str, ...]:
    """The layouts that a text of this shape can have: `shape` has 1 for each digit, which fits wherever digits do.

    A date that begins with its year, as ISO 8601 has it, is that and nothing else.
    """
    result = [layout for layout in layouts if parse_time(shape.encode(), layout) is not None]
    iso = [layout for layout in result if layout.startswith(_ISO)]
    return tuple(iso or result)


def _is_cut(text: str, options: ReadOptions) -> bool:
    """Return whether the text is a time, but without seconds, or a date without a time."""
    assumed = replace(options, date_order=options.date_order or "dmy", year=options.year or 2000)
    layouts = _select_fitting(_DIGIT.sub("1", text), _CUT_ZONED)
    return isinstance(read_time(text.encode(), layouts, Zone.UTC, assumed), RecordedInstant)
