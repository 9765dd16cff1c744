"""Formats from the `logformat` lines of Squid: what they read, and the lines that are refused."""

import re

import pytest

from sightline.errors import UsageError
from sightline.stages.formats.draft.squid_logformat import draft_squid_format
from sightline.stages.formats.loader import load_builtin_formats, read_format
from sightline.stages.formats.program import Program
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record_json import to_json_object

from .oracle_reader import OPTIONS, SAMPLES

OWN = 'logformat own %{%Y-%m-%d %H:%M:%S}tg %6tr %>a:%>p %[un %rm "%ru" %>Hs %<st "%{User-Agent}>h" %ssl::>sni %<a:%<p'
LINE = (
    b'2026-10-10 13:55:36    120 192.0.2.7:51034 asha CONNECT "198.51.100.80:443" 200 3120 "curl/8 (\\"x\\")" '
    b"shop.example 198.51.100.80:443\n"
)


def read(program: Program, log: bytes) -> list[dict[str, object]]:
    reader = MemberReader(program, OPTIONS)
    return [to_json_object(reader.read(frame)) for frame in split_frames([log], 1 << 20) if isinstance(frame, Frame)]


@pytest.mark.parametrize("name", ["squid", "combined"])
def test_the_lines_that_squid_has_itself_read_its_own_logs(name: str) -> None:
    own, sample = {
        "squid": ("squid", "real-squid-native.log"),
        "combined": ("squid-combined", "real-squid-combined.log"),
    }[name]
    log = (SAMPLES / own / sample).read_bytes()
    wanted = read(load_builtin_formats()[own].program, log)
    got = read(read_format(draft_squid_format(name, "own")).program, log)
    fields = ("timestamp", "source_ip", "url", "host", "status", "bytes")
    for ours, builtins in zip(got, wanted, strict=True):
        if "reject" not in ours:
            assert {key: ours.get(key) for key in fields} == {key: builtins.get(key) for key in fields}
    assert sum("reject" not in one for one in got) * 10 >= len(wanted) * 9


def test_an_own_line_says_what_each_piece_is() -> None:
    (record,) = read(read_format(draft_squid_format(OWN, "own")).program, LINE)
    assert record == {
        "timestamp": "2026-10-10T13:55:36.000000Z",
        "timestamp_original": "2026-10-10 13:55:36",
        "source_ip": "192.0.2.7",
        "source_port": 51034,
        "method": "CONNECT",
        "host": "198.51.100.80",
        "status": 200,
        "bytes": 3120,
        "user_agent": 'curl/8 (\\"x\\")',
        "user": "asha",
        "names": ["shop.example"],
        "record_kind": "proxy-request",
    }


def test_the_duration_is_found_where_the_line_has_it() -> None:
    times = read_format(draft_squid_format(OWN, "own")).times
    assert times.duration is not None
    assert times.duration.patterns[0]
    found = re.search(times.duration.patterns[0], LINE.decode())
    assert found is not None
    assert found[1] == "120"


def test_a_user_name_with_spaces_shifts_no_field() -> None:
    program = read_format(draft_squid_format("logformat x %ts.%03tu %>a %un %rm %ru %Sh/%<a", "own")).program
    line = (
        b"1791640536.007 192.0.2.7 a GET http://other.example/ b GET http://shop.example/ HIER_DIRECT/198.51.100.80\n"
    )
    (record,) = read(program, line)
    assert (record["url"], record["user"]) == ("http://shop.example/", "a GET http://other.example/ b")
    assert record["timestamp"] == "2026-10-10T13:55:36.007000Z"


def test_milliseconds_without_leading_zeros_are_not_a_fraction() -> None:
    program = read_format(draft_squid_format("%ts.%tu %>a %ru", "own")).program
    (record,) = read(program, b"1791640536.7 192.0.2.7 http://shop.example/\n")
    assert record["timestamp"] == "2026-10-10T13:55:36.000000Z"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("logformat x %>a %ru", "no time"),
        ("logformat x %ts %ru", "no client address"),
        ("logformat x %ts %>a", "no URL"),
        ("logformat x %ts%>a %ru", "nothing between"),
        ("logformat x %ts %>a %-9rm %ru", "padded on its right"),
        ("logformat x %ts %>a|%6tr %ru", "without a space before it"),
        ("logformat x %{%s}tl %>a %ru", "%s"),
        ("logformat x %ts %>a %ru 100%", "begins no code"),
        ("nothing", "no code"),
    ],
)
def test_a_line_that_says_too_little_is_refused(line: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        draft_squid_format(line, "own")


def test_a_format_of_a_line_is_a_draft_until_somebody_confirms_it() -> None:
    assert 'origin = "draft"' in draft_squid_format(OWN, "own")
