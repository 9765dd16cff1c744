"""A clock that was compared twice, and proxies that are believed by their addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sightline.errors import UsageError
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.scan.options import AddressRange, Drift, ReadOptions, compute_offset
from sightline.stages.scan.proxies import parse_proxy_ranges
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import Record

DAY_US = 86_400_000_000
SINCE = 1_772_366_400_000_000
DRIFT: Drift = ((SINCE, 10_000_000), (SINCE + 100 * DAY_US, 110_000_000))
"""A second a day, which is 11.6 millionths: less than the least that a clock may stray."""


@pytest.mark.parametrize(
    ("days", "offset_s", "strayed_s"),
    [(0, 10, 0), (100, 110, 0), (50, 60, 0), (25.5, 35.5, 0), (-10, 0, 44), (110, 120, 44), (100.0001, 110.0001, 1)],
)
def test_an_offset_lies_on_the_line_and_is_less_sure_beyond_both_instants(
    days: float, offset_s: float, strayed_s: int
) -> None:
    assert compute_offset(DRIFT, SINCE + round(days * DAY_US)) == (round(offset_s * 1_000_000), strayed_s)


def test_a_clock_that_drifts_fast_strays_as_fast_beyond() -> None:
    fast: Drift = ((SINCE, 0), (SINCE + DAY_US, 60_000_000))
    assert compute_offset(fast, SINCE + 2 * DAY_US) == (120_000_000, 60)


def frame(line: str) -> Frame:
    raw = line.encode()
    return Frame(0, 1, len(raw), raw)


def record(line: str, options: ReadOptions) -> Record:
    found = MemberReader(load_builtin_formats()["combined"].program, options).read(frame(line))
    assert isinstance(found, Record)
    return found


def line(client: str, forwarded: str, time: str = "20/Apr/2026:12:00:00 +0000") -> str:
    return f'{client} - - [{time}] "GET / HTTP/1.1" 200 1 "-" "Agent/1" "{forwarded}"'


def test_a_record_of_a_drifting_clock_has_the_time_of_its_own_instant() -> None:
    found = record(line("192.0.2.1", "-"), ReadOptions(clock_drift=DRIFT))
    read = datetime.fromtimestamp((found.timestamp_us or 0) / 1e6, UTC)
    assert read.isoformat() == "2026-04-20T11:59:00+00:00"
    assert found.fold_s == 0
    late = record(line("192.0.2.1", "-", "09/Jul/2026:12:00:00 +0000"), ReadOptions(clock_drift=DRIFT))
    assert late.fold_s == 130


PROXIES = ("198.51.100.7", "198.51.100.64/28", "2001:db8:1::/48")


@pytest.mark.parametrize(
    ("client", "chain", "wanted"),
    [
        ("198.51.100.7", "203.0.113.9", "203.0.113.9"),
        ("198.51.100.7", "192.0.2.66, 203.0.113.9, 198.51.100.70", "203.0.113.9"),
        ("198.51.100.7", "192.0.2.66,203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8:1::8", "203.0.113.9, 2001:db8:1::9", "203.0.113.9"),
        # Who connects is no proxy of ours: what he says of himself counts for nothing.
        ("198.51.100.8", "203.0.113.9", "198.51.100.8"),
        ("198.51.100.80", "203.0.113.9", "198.51.100.80"),
        # Nothing but proxies, or what no proxy of ours can have written: nobody is named.
        ("198.51.100.7", "198.51.100.70, 198.51.100.7", None),
        ("198.51.100.7", "203.0.113.9, unknown", None),
        ("198.51.100.7", "-", None),
    ],
)
def test_the_visitor_is_the_right_most_address_that_is_no_trusted_proxy(
    client: str, chain: str, wanted: str | None
) -> None:
    options = ReadOptions(trusted_proxies=parse_proxy_ranges(PROXIES))
    reader = MemberReader(load_builtin_formats()["combined"].program, options)
    found = reader.read(frame(line(client, chain)))
    source = found.source_ip if isinstance(found, Record) else None
    assert (source and str(source)) == wanted


def test_hops_that_were_declared_before_are_read_as_before() -> None:
    found = record(line("198.51.100.8", "192.0.2.66, 203.0.113.9"), ReadOptions(trusted_hops=1))
    assert str(found.source_ip) == "203.0.113.9"


@pytest.mark.parametrize(
    "text", ["198.51.100.300", "198.51.100.7/24", "198.51.100.9-198.51.100.7", "board.example", ""]
)
def test_an_invalid_proxy_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="trusted-proxy"):
        parse_proxy_ranges([text])


def test_ranges_hold_their_first_and_last() -> None:
    wanted: tuple[AddressRange, ...] = (
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.64", "198.51.100.79"),
        ("2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff"),
    )
    assert parse_proxy_ranges(PROXIES) == wanted
