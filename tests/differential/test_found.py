"""Every disagreement that was found between kernel and oracle, at its smallest: both say now what the ADRs say."""

import json
from pathlib import Path

import pytest

from sightline.stages.formats.loader import builtin, load
from sightline.stages.scan.first_day import first_day
from sightline.stages.scan.options import ReadOptions
from tests.differential.logs import FORMATS, ROWS, sample_lines
from tests.differential.sides import Case, assert_sides_agree
from tests.stages.scan.test_containers import zipped

OPEN = tuple(row + ",,,,,," for row in ROWS)
LONG = 120
LINES = {
    "a first frame that is too long only with its BOM": (
        "common",
        b'\xef\xbb\xbf192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET /'.ljust(LONG - 16, b"a") + b' HTTP/1.1" 200 11',
        "frame-too-long",
    ),
    "a port in brackets' own form where it stands behind another sign": (
        "bind",
        b"31-Jul-2026 12:34:56.789 client @0x7f [::1]:80 (flagged.example): query: flagged.example IN A + (203.0.113.53)",
        "bad-address",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_sides_agree_on_what_they_disagreed_on(name: str, tmp_path: Path) -> None:
    format_name, line, code = LINES[name]
    options = ReadOptions(((0, 0),), 2026, "dmy", max_frame_bytes=LONG)
    case = Case((line,), FORMATS[format_name].program, (OPEN,), options, all_hits_of="flagged.example")
    told = assert_sides_agree(case, tmp_path)
    assert told.accounts[0]["rejects"] == ({code: 1} if code else {})


@pytest.mark.parametrize("by", [-60_000, -1, 1, 1 << 20])
def test_a_zip_member_of_a_false_length_loses_no_byte(by: int, tmp_path: Path) -> None:
    log = b"".join(sample_lines("combined"))
    content = bytearray(zipped(("a.log", log)))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (len(log) + by).to_bytes(4, "little")
    sound, told = (
        assert_sides_agree(Case((exhibit,), FORMATS["combined"].program, (OPEN,)), tmp_path)
        for exhibit in (zipped(("a.log", log)), bytes(content))
    )
    assert told.accounts[0]["records"] == sound.accounts[0]["records"]
    assert "broken-stream" in str(told.rejects[-1])


NEW_YEAR = (
    "Dec 31 23:59:58 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
    "Dec  2 23:59:58 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
    "Jan  1 00:00:01 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
    "Nov 28 00:00:01 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
)


def test_times_without_a_year_roll_over_at_new_year(tmp_path: Path) -> None:
    program = builtin()["dnsmasq"].program
    log = "\n".join(NEW_YEAR).encode()
    options = ReadOptions(timezone=((0, 0),), year=2023)
    first = first_day(program, log, options)
    assert first == (12, 31)
    case = Case((log,), program, (("domain,flagged.example,,,,,,",),), options, first_day=(2023, *first))

    told = assert_sides_agree(case, tmp_path)

    assert [json.loads(line)["timestamp"][:10] for line in told.hits if isinstance(line, bytes)] == [
        "2023-12-31",
        "2023-12-02",
        "2024-01-01",
        "2024-11-28",
    ]


@pytest.mark.parametrize(
    ("piece", "token", "fits"),
    [
        ("www.example", "name", True),
        ("WWW.Example.:8080", "name", True),
        ("b\u00fccher.example", "name", True),
        ("203.0.113.7", "name", False),
        ("203.0.113.7:80", "name", False),
        ("2001:db8::7", "name", False),
        ("localhost", "name", False),
        ("a..example", "name", False),
        ("www.example:123456", "name", False),
        ("-", "label", False),
        ("localhost:80", "label", True),
        ("frank", "label", True),
        ("::1", "label", False),
        ("www.example", "label", False),
    ],
)
def test_a_piece_is_a_name_or_a_label_to_both_sides(piece: str, token: str, fits: bool, tmp_path: Path) -> None:
    program = load(
        'name = "x"\ntitle = "x"\nspecification = "x"\norigin = "specification"\nby = "dissect"\n'
        f"record_kind = \"flow\"\n[[line]]\npattern = '%{{time:word}} %{{host:{token}}} end'\n"
        '[fields]\ntimestamp = { from = "time", layouts = "%s" }\nhost = "host"\n'
    ).program

    told = assert_sides_agree(Case((f"1700000000 {piece} end".encode(),), program, ()), tmp_path)

    assert (told.accounts[0]["records"] == 1) == fits
