"""Logs that break off within their last line: kernel and oracle alike never take what is left for the whole."""

from pathlib import Path

import pytest

from sightline.model import RejectCode
from sightline.stages.formats.loader import load_builtin_formats, read_format
from sightline.stages.formats.program import Frames, Program
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader, read_frame
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.record_json import to_json_object

from ..stages.formats.oracle_reader import OPTIONS, content, logs
from .sides import Case, SideResult, assert_sides_agree

ROWS = ("domain,example,,,,,,", "domain,exa.example,,,,,,", "ip,203.0.113.1,,,,,,", "ip,203.0.113.14,,,,,,")
SPECIFICATIONS = [
    log for log in logs() if log.name == "specification.log" and log.parent.name in load_builtin_formats()
]
UNESCAPED = {"envoy"}
"""Its visitors write quotes of their own, and one of these samples does: a part of it is another whole line."""


def scanned(program: Program, log: bytes, folder: Path) -> SideResult:
    return assert_sides_agree(Case((log,), program, (ROWS,), OPTIONS), folder)


@pytest.mark.parametrize("log", SPECIFICATIONS, ids=lambda log: log.parent.name)
def test_a_line_that_was_cut_off_names_no_other_visitor_or_site(log: Path) -> None:
    program = load_builtin_formats()[log.parent.name].program
    reader = MemberReader(program, OPTIONS)
    if program.frames is Frames.FRAME_STREAMS or log.parent.name in UNESCAPED:
        return
    found = [
        frame
        for frame in split_frames([content(log)], OPTIONS.max_frame_bytes, program.frames)
        if isinstance(frame, Frame)
    ]
    for frame in found:
        header, whole = reader.header, reader.read(frame)
        if not isinstance(whole, Record):
            continue
        wanted = to_json_object(whole)
        for length in range(max(1, len(frame.text) - 400), len(frame.text), 3):
            part = read_frame(program, OPTIONS, header, frame.text[:length], is_ended=False)
            got = to_json_object(part) if isinstance(part, Record) else {}
            assert got.get("source_ip") in (None, wanted.get("source_ip"))
            assert got.get("host") in (None, wanted.get("host"))


@pytest.mark.parametrize("log", SPECIFICATIONS, ids=lambda log: log.parent.name)
def test_both_sides_read_a_log_alike_that_breaks_off(log: Path, tmp_path: Path) -> None:
    whole = content(log).rstrip(b"\r\n")
    for place, length in enumerate((len(whole), len(whole) - 1, len(whole) - len(whole.rsplit(b"\n")[-1]) // 2)):
        folder = tmp_path / str(place)
        folder.mkdir()
        scanned(load_builtin_formats()[log.parent.name].program, whole[:length], folder)


@pytest.mark.parametrize(
    ("name", "line", "rejected"),
    [
        ("dnsmasq", "Oct 10 13:55:36 dnsmasq[7]: query[A] exa.example from 203.0.113.1", True),
        ("dnsmasq", "Oct 10 13:55:36 dnsmasq[7]: query[A] exa.example from 203.0.113.1\r", False),
        ("dnsmasq", "Oct 10 13:55:36 dnsmasq[7]: query[A] exa.example from 203.0.113.1\n", False),
        ("common", '203.0.113.1 - - [10/Oct/2026:13:55:36 +0000] "GET http://exa.example/ HTTP/1.1" 200 23', False),
        ("combined", '203.0.113.1 - - [10/Oct/2026:13:55:36 +0000] "GET http://exa.example/ HTTP/1.1" 200 23 "-" "Mozi',
            False),
        ("squid", (
            "1791640536.123    75 203.0.113.1 TCP_MISS/200 9 GET http://exa.example/ - "
            "HIER_DIRECT/198.51.100.1 text/"
        ), False),
        ("squid", "1791640536.123    75 203.0.113.1 TCP_MISS/200 9 GET http://exa.example", True),
    ],
)  # fmt: skip
def test_a_last_line_without_a_line_end(name: str, line: str, rejected: bool, tmp_path: Path) -> None:
    program = load_builtin_formats()[name].program

    account = scanned(program, line.encode(), tmp_path).accounts[0]

    if name == "squid" and rejected:
        assert account["records"] == 0
    else:
        assert account["rejects"] == ({RejectCode.CUT_OFF: 1} if rejected else {})
    assert account["hit_records"] == (0 if rejected else 1)


def test_a_field_that_only_describes_a_visit_is_left_out_when_cut_off(tmp_path: Path) -> None:
    line = '203.0.113.1 - - [10/Oct/2026:13:55:36 +0000] "GET http://exa.example/ HTTP/1.1" 200 23'

    whole, cut = (
        scanned(load_builtin_formats()["common"].program, text.encode(), tmp_path).hits for text in (line + "\n", line)
    )

    assert b'"bytes":23' in whole[0] and b'"bytes":null' in cut[0]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "records", "rejects"),
    [
        ('src=203.0.113.1 agent="curl" host="exa.example"\n', 1, {}),
        ('src=203.0.113.1 host="exa.example" agent="cu\n', 1, {}),
        ('src=203.0.113.1 agent="curl" host="exa.exam\n', 0, {RejectCode.CUT_OFF: 1}),
        ("src=203.0.113.1 agent=curl host=exa.example", 0, {RejectCode.CUT_OFF: 1}),
        ('src=203.0.113.1 agent=curl host="exa.example"', 1, {}),
    ],
)
def test_a_quote_that_does_not_close(text: str, records: int, rejects: dict[RejectCode, int], tmp_path: Path) -> None:
    program = read_format(
        'name = "x"\ntitle = "x"\nspecification = "x"\norigin = "specification"\nby = "keyvalue"\nquote = \'"\'\n'
        'record_kind = "http-request"\n[fields]\ntimestamp = { from = "t", layouts = "%s" }\nsource_ip = "src"\n'
        'host = "host"\nuser_agent = "agent"\n'
    ).program

    account = scanned(program, f"t=1791640536 {text}".encode(), tmp_path).accounts[0]

    assert (account["records"], account["rejects"]) == (records, rejects)
