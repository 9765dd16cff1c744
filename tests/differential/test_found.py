"""Every disagreement that was found between kernel and oracle, at its smallest: both say now what the ADRs say."""

from pathlib import Path

import pytest

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
