"""The interval of a visit: what a time as written can mean, and how long before it the request may have begun."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from sightline.model.times import LOOK_BACK_S, TimeIs, Times, parse_times
from sightline.stages.formats.loader import load_builtin_formats, read_format
from sightline.stages.leads.intervals import compute_look_back_us, compute_precision_us
from sightline.stages.leads.visits import examine_hits, fold_visits
from tests.stages.leads.hits import NOON, at, frame

SECOND = 1_000_000
NOON_US = round(NOON.timestamp()) * SECOND
WHOLE = Times(TimeIs.START, is_fractional=False, is_coarse=False)
FINE = Times(TimeIs.START, is_fractional=True, is_coarse=False)
COARSE = Times(TimeIs.START, is_fractional=False, is_coarse=True)


def docker(line: str) -> str:
    """A line as Docker wraps it in JSON."""
    return json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-07-31T07:04:56Z"}, separators=(",", ":"))


def journal(line: str) -> str:
    """A line as systemd's journal keeps it, behind a field that looks like its message."""
    return json.dumps({"_CMDLINE": '"MESSAGE":"9.9"', "__REALTIME_TIMESTAMP": "1785481496000000", "MESSAGE": line})


@pytest.mark.parametrize(
    ("times", "recorded", "lasts"),
    [
        (WHOLE, NOON_US, SECOND),
        (FINE, NOON_US, SECOND),
        (FINE, NOON_US + 500_000, 100_000),
        (FINE, NOON_US + 120_000, 10_000),
        (FINE, NOON_US + 123_000, 1_000),
        (FINE, NOON_US + 123_400, 100),
        (FINE, NOON_US + 123_450, 10),
        (FINE, NOON_US + 123_456, 1),
        (COARSE, NOON_US, 60 * SECOND),
        (COARSE, NOON_US + 7 * SECOND, SECOND),
    ],
)
def test_a_time_means_the_instant_that_its_last_digit_names(times: Times, recorded: int, lasts: int) -> None:
    assert pl.select(compute_precision_us(times, pl.lit(recorded))).item() == lasts


SQUID = "1786536309.586    921 192.0.2.7 TCP_MISS/200 4120 GET http://a.example/ - HIER_DIRECT/203.0.113.80 image/jpeg"
COMMON = '192.0.2.7 - - [31/Jul/2026:07:04:56 +0000] "GET / HTTP/1.1" 200 921'
COMBINED = f'{COMMON} "-" "Agent/1"'
ALB = "https 2026-07-31T07:04:56.186641Z app/b/50 192.0.2.7:51034 203.0.113.80:80 0.086 0.048 {} 200 200 0 4711"


@pytest.mark.parametrize(
    ("name", "raw", "seconds"),
    [
        ("squid", SQUID, 0.922),
        ("squid", f"Jul 31 07:04:56 proxy squid[7]: {SQUID}", 0.922),
        ("caddy", '{"ts":1.5,"duration":45.25,"msg":"\\"duration\\":0.1,"}', 45.26),
        ("caddy", '{"uri":"\\"duration\\":0.1,","ts":1.5}', LOOK_BACK_S),
        ("traefik-json", '{"ClientHost":"192.0.2.7","Duration":1234567,"x":1}', 0.001235),
        ("aws-alb", ALB.format("0.037"), 0.172),
        ("aws-alb", ALB.format("-1"), LOOK_BACK_S),
        ("aws-alb", "wss" + ALB.format("0.037").removeprefix("https"), LOOK_BACK_S),
        ("iis-w3c", "2026-07-31 07:04:56 192.0.2.7 GET / 200 921", LOOK_BACK_S),
        ("iis-w3c", "2026-07-31 07:04:56 192.0.2.7 GET / 200 90500", 90.501),
        ("combined", "anything", LOOK_BACK_S),
        ("combined", COMBINED, LOOK_BACK_S),
        ("combined", f"{COMBINED} 0.005", LOOK_BACK_S),
        ("combined", f"{COMBINED} 921.000", 921.001),
        ("combined", f"{COMBINED} 921.000 0.004 .", 921.001),
        ("combined", f"{COMBINED} 0.004 921.000", 921.001),
        ("combined", f'{COMBINED} "-" 921.000 0.004', 921.001),
        ("combined", f'{COMBINED} "-" rt=921.000 uct="0.000" urt="0.005"', 921.001),
        ("combined", f'{COMBINED} "921.000"', 921.001),
        ("combined-port", f"{COMBINED} 921.000", 921.001),
        ("vhost-combined", f"board.example:80 {COMBINED} 921.000", 921.001),
        ("common", f"{COMMON} 921.000", 921.001),
        ("common", COMMON, LOOK_BACK_S),
        ("combined", docker(f"{COMBINED} 921.000"), 921.001),
        ("nginx-json", docker('{"request_time":"0.004"}'), 0.005),
        ("combined", journal(f"{COMBINED} 921.000"), 921.001),
        ("haproxy", "anything", 0),
    ],
)
def test_a_request_began_as_long_before_the_end_as_its_log_says(name: str, raw: str, seconds: float) -> None:
    rows = pl.DataFrame({"raw": [raw.encode()], "encoding": ["utf-8"]})
    assert rows.select(compute_look_back_us(load_builtin_formats()[name].times).alias("back"))["back"].to_list() == [
        round(seconds * SECOND)
    ]


@pytest.mark.parametrize(
    ("name", "raw", "unit", "seconds"),
    [
        ("combined", f"{COMBINED} 0.005", "s", 0.006),
        ("combined", f"{COMBINED} 921.000", "s", 921.001),
        ("combined", f'{COMBINED} "192.0.2.9" 0.005', "s", 0.006),
        ("combined", f"{COMBINED} rt=0.005", "s", 0.006),
        ("combined", f"{COMBINED} 5012", "us", 0.005013),
        ("common", f"{COMMON} 5012", "us", 0.005013),
        ("common", f"{COMMON} 12", "ms", 0.013),
        # A line without a duration has none: neither its size nor what the visitor wrote is one.
        ("combined", COMBINED, "s", LOOK_BACK_S),
        ("common", COMMON, "s", LOOK_BACK_S),
        ("combined", f'{COMMON} "-" "Agent 0.000"', "s", LOOK_BACK_S),
        ("combined", f'{COMMON} "-" "Agent" 0.000"', "s", LOOK_BACK_S),
        ("combined", f'{COMMON} "-" "Agent" 0.000" 921.000', "s", LOOK_BACK_S),
        ("combined", f'{COMBINED} "0.000"', "s", LOOK_BACK_S),
        ("combined", f"{COMBINED} -", "s", LOOK_BACK_S),
        ("squid", SQUID, "s", 0.922),
    ],
)
def test_a_declared_duration_is_the_number_at_the_end_of_a_line(name: str, raw: str, unit: str, seconds: float) -> None:
    times = load_builtin_formats()[name].times.with_declaration(TimeIs.END, unit)
    rows = pl.DataFrame({"raw": [raw.encode()], "encoding": ["utf-8"]})
    assert rows.select(compute_look_back_us(times).alias("back"))["back"].to_list() == [round(seconds * SECOND)]
    assert parse_times(times.to_tree()) == times


def test_a_server_that_is_declared_to_write_the_start_looks_back_no_further() -> None:
    assert load_builtin_formats()["combined"].times.with_declaration(TimeIs.START, None).look_back_us == 0
    assert (
        load_builtin_formats()["squid"].times.with_declaration(TimeIs.START, None)
        == load_builtin_formats()["squid"].times
    )


def test_bytes_that_are_no_text_say_no_duration() -> None:
    rows = pl.DataFrame({"raw": [SQUID.encode() + b"\xff"], "encoding": ["base64"]})
    found = rows.select(compute_look_back_us(load_builtin_formats()["squid"].times).alias("back"))
    assert found["back"].to_list() == [LOOK_BACK_S * SECOND]


def test_every_format_says_what_its_time_is_and_a_manifest_keeps_it() -> None:
    for log_format in load_builtin_formats().values():
        assert parse_times(log_format.times.to_tree()) == log_format.times
    with_nothing = 'name = "own"\ntitle = "t"\nspecification = "s"\norigin = "draft"\nby = "dissect"\n'
    with_nothing += 'record_kind = "http-request"\n[[line]]\npattern = "%{t:word} %{c:word}"\n'
    with_nothing += '[fields]\ntimestamp = { from = "t", layouts = "%s" }\nsource_ip = "c"\n'
    assert read_format(with_nothing).times.time_is is TimeIs.END


def _interval(*hits: dict[str, Any]) -> list[tuple[int, int]]:
    seen = fold_visits(examine_hits(frame(hits), []))
    return [(start - NOON_US, until - NOON_US) for start, until in seen.select("from_us", "until_us").iter_rows()]


def test_a_visit_lasts_from_the_earliest_start_until_the_last_instant_that_its_time_can_mean() -> None:
    assert _interval(at(0, uncertainty_s=2, back_us=45 * SECOND)) == [(-47 * SECOND, 3 * SECOND)]


def test_copies_of_a_visit_have_the_widest_interval_of_all() -> None:
    narrow, wide = at(0, byte_offset=0, uncertainty_s=0), at(0, byte_offset=9, uncertainty_s=0, back_us=SECOND)
    assert _interval(narrow, wide) == [(-SECOND, SECOND)]
