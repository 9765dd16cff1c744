"""Why a frame is not read: each reject says what is wrong and what to do, and shows no letter of the frame."""

import pytest

from sightline.model import RejectCode
from sightline.stages.formats.loader import read_format
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.unreadable import RefusedFrame, explain_unreadable

HEAD = """
name = "mine"
title = "A log of mine"
specification = "none"
origin = "specification"
record_kind = "flow"
required = ["timestamp", "source_ip"]
"""
LINES = """
by = "dissect"
prefixes = ["<%{:number}>"]
[[line]]
pattern = '# %{:word}'
[[line]]
pattern = '%{time:19} %{client:word} "%{agent:quoted}" %{status:number}'
[fields]
timestamp = { from = "time", layouts = "%Y-%m-%d %H:%M:%S", zone = "declared" }
source = "client"
status = "status"
"""
COLUMNS = """
by = "delimited"
separator = ","
quote = '"'
header = { marker = "#Fields: " }
needs = ["ip"]
[fields]
timestamp = { from = "when", layouts = "%s" }
source_ip = "ip"
"""
OBJECTS = """
by = "json"
otherwise = "reject"
[paths]
when = "when"
kind = "kind"
[[case]]
when = "kind"
equals = ["visit"]
[fields]
timestamp = { from = "when", layouts = "%s" }
"""
PAIRS = """
by = "keyvalue"
[fields]
timestamp = { from = "when", layouts = "%s" }
source_ip = "src"
"""
DRAFT = 'by = "keyvalue"\n[fields]\ntimestamp = { from = "when", layouts = "FILL IN %Y-%m-%d %H:%M", zone = "utc" }\n'
GOOD = '<1>2026-10-10 13:55:36 192.0.2.7:51034 "secret" 200'


@pytest.mark.parametrize(
    ("rest", "log", "code", "expected"),
    [
        (LINES, GOOD[3:], "no-pattern", "none of the prefixes fits"),
        (LINES, GOOD.replace('t"', "t"), "no-pattern", "pattern is [[line]] number 2: it fits up to character 41"),
        (LINES, GOOD.replace('t"', "t"), "no-pattern", "there '%{:quoted}\" ' does not fit (xxxxxx 999)"),
        (LINES, GOOD + "x", "no-pattern", "there '%{status:number}' does not fit (999x)"),
        (LINES, "<1># secret word", "no-pattern", "number 1: it fits up to character 6; there '%{:word}' does not fit"),
        (
            LINES,
            GOOD.replace("7:", "777:"),
            "bad-address",
            "source is read from (999.9.9.999:99999), which is no address",
        ),
        (LINES, GOOD.replace("34 ", "340 "), "bad-port", "without a port from 0 to 65535"),
        (LINES, GOOD.replace("200", "2" * 19), "bad-number", "status is read from (9999999999999999999), which is no"),
        (LINES, GOOD.replace("-10 ", "-32 "), "bad-time", "no layout reads the whole time (9999-99-99 99:99:99)"),
        (LINES, GOOD.replace("-10 13:55:36", "/10-13:55:36"), "bad-time", "(9999-99/99-99:99:99); see Layouts"),
        (LINES, GOOD.replace("-", "/"), "bad-time", 'this one would: "%Y/%m/%d %H:%M:%S%F"'),
        (
            LINES,
            GOOD.replace("192.0.2.7:51034", "-"),
            "missing-field",
            "this line has no source_ip (no client, or only",
        ),
        (COLUMNS, "1791620736,192.0.2.7", "no-header", "say columns = [...] instead of header"),
        (
            COLUMNS,
            "#Fields: when,adress\n1,192.0.2.7",
            "wrong-header",
            "the header before it lacks ip: spelt otherwise?",
        ),
        (COLUMNS, "#Fields: when,ip\n1,192.0.2.7,x", "column-count", "it has 3 columns, 2 are named"),
        (COLUMNS, '#Fields: when,ip\n1,"192"x', "column-count", "a quote does not close where the column ends"),
        (OBJECTS, '{"when": 1, secret}', "not-json", "it is no JSON object from character 13 on"),
        (OBJECTS, "[1]", "not-json", "one object a line"),
        (OBJECTS, '{"when": 1, "kind": "secret"}', "no-pattern", "no [[case]] holds for it"),
        (PAIRS, "secret", "no-pattern", "it holds no key=value pair"),
        (PAIRS, "when=1 secret=x", "missing-field", "this line has no source_ip (no src"),
        (PAIRS, "when=1 src=192.0.2.7", "cut-off", "no line end or closing quote shows that it is whole"),
        (DRAFT, "when=1 src=192.0.2.7", "bad-time", "answer the FILL IN above timestamp"),
    ],
)
def test_a_reject_says_what_is_wrong_and_what_to_do(rest: str, log: str, code: str, expected: str) -> None:
    program, options = read_format(HEAD + rest).program, ReadOptions(timezone=((0, 0),))
    reader = MemberReader(program, options)
    ended = log if code == "cut-off" else f"{log}\n"
    *before, last = [frame for frame in split_frames([ended.encode()], 1000) if isinstance(frame, Frame)]
    for frame in before:
        reader.read(frame)
    header = reader.header

    assert reader.read(last) is RejectCode(code)
    explanation = explain_unreadable(RefusedFrame(program, options, header, last.text, RejectCode(code)))

    assert expected in explanation
    assert "secret" not in explanation


def test_a_field_missing_from_the_format_is_distinguished_from_one_missing_in_a_line() -> None:
    rest = PAIRS.replace('source_ip = "src"', "")
    program, options = read_format(HEAD + rest).program, ReadOptions()

    explanation = explain_unreadable(
        RefusedFrame(program, options, None, b"when=1 src=192.0.2.7", RejectCode.MISSING_FIELD)
    )

    assert explanation == "nothing under [fields] gives source_ip: say which piece holds it"
    forwarded = read_format(HEAD + rest + 'forwarded = "src"\n').program
    explanation = explain_unreadable(
        RefusedFrame(forwarded, options, None, b"when=1 src=192.0.2.7", RejectCode.MISSING_FIELD)
    )
    assert (
        explanation
        == "forwarded gives source_ip only where hops are trusted, and as many stand in it: --trusted-hops N"
    )
