"""Checks of the machine's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sightline.ledger.entry import Entry
from sightline.services.doctor.check import Check, report_ok, report_problem, report_warning
from sightline.services.doctor.machine_facts import System
from sightline.storage.rows import LedgerRow
from sightline.storage.table import Tables

MOST = timedelta(minutes=2)
SET_IT = "set it, by NTP or by hand against a clock that you trust, and write down how far off it was"


def check_ledger(tables: Tables, now: datetime) -> Check:
    """Check that the ledger's last entry is in the past."""
    last = tables[LedgerRow].find_last("seq")
    at = Entry.read(last.entry_json.encode()).at if last else now
    if at > now:
        ahead = f"the last entry of the ledger is of {at:%Y-%m-%d %H:%M:%S} UTC, {at - now} from now"
        return report_problem("clock", f"{ahead}: the clock was put back, or was ahead then", SET_IT)
    return report_ok("clock", f"it is {now:%Y-%m-%d %H:%M:%S} UTC, after the last entry of the ledger")


def check_synchronised(is_synchronised: bool | None) -> Check:
    """Check that the clock is synchronised."""
    if is_synchronised:
        return report_ok("clock", "it follows another clock")
    what = "cannot tell whether it follows another clock" if is_synchronised is None else "it follows no other clock"
    return report_warning(
        "clock", what, "without NTP: compare it with a clock that you trust each week, and write it down"
    )


def check_hardware_clock(system: System, now: datetime) -> Iterator[Check]:
    """Check that the hardware clock agrees, if there is one."""
    seconds_text = system.read_text("sys/class/rtc/rtc0/since_epoch")
    if seconds_text is None or not seconds_text.isdecimal():
        return
    off = timedelta(seconds=int(seconds_text) - int(now.timestamp()))
    if abs(off) <= MOST:
        yield report_ok("clock", "the clock that the machine starts with agrees")
        return
    what = f"the clock that the machine starts with is {abs(off)} {'ahead' if off > timedelta(0) else 'behind'}"
    yield report_warning("clock", what, "hwclock --systohc --utc; if it is back after a night, change the battery")
