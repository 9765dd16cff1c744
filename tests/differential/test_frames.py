"""Blocks, indented frames and frame streams: kernel and oracle cut them alike, wherever a chunk of the kernel ends
and whatever is damaged.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.model import RejectCode
from sightline.stages.formats.program import Frames, Program
from sightline.stages.scan.options import ReadOptions
from tests.differential.logs import FORMATS, ROWS, sample_lines
from tests.differential.sides import Case, SideResult, assert_sides_agree
from tests.stages.scan import dnstaps

CHUNK_BYTES = 1 << 20
OPEN = tuple(row + ",,,,,," for row in ROWS)
SERVER = "flagged.example"
SMALL = 300
DETAIL, DNSTAP = FORMATS["radius-detail"].program, FORMATS["dnstap"].program
INDENTED = replace(DETAIL, frames=Frames.INDENTED)
"""Reads the same blocks, whose lines are indented but for the first."""
PROGRAMS = {"radius-detail": DETAIL, "dnstap": DNSTAP, "indented": INDENTED}
BLOCK = b"Mon Oct 12 13:55:36 2026\n\tFramed-IP-Address = 192.0.2.7\n\tTimestamp = 1791813336\n"
ASKED = dnstaps.message_payload(dnstaps.CLIENT_QUERY, dnstaps.dns(dnstaps.labels_of(SERVER)))
OVER = [b"x" * (SMALL + more) for more in (-1, 0, 1, 2, 3 * SMALL)]
"""Texts around the limit."""


def agree(log: bytes, name: str, folder: Path, limit: int = SMALL) -> SideResult:
    options = ReadOptions(((0, 0),), 2026, "dmy", max_frame_bytes=limit)
    return assert_sides_agree(Case((log,), PROGRAMS[name], (OPEN,), options, all_hits_of=SERVER), folder)


def block_stretches() -> list[bytes]:
    """What blocks may end in and begin with, and blocks, lines and blank lines around the limit."""
    ends = [b"\n", b"\r\n", b" \t\n", b"\t \r\n", b"\r\r\n", b" \r\r\n", b"\n\n\r\n"]
    found = [BLOCK + end + BLOCK for end in ends]
    for over in OVER:
        spaces = b" " * len(over)
        found += [
            over + b"\n\n" + BLOCK + b"\n",
            BLOCK.ljust(len(over) - 1, b"y") + b"\r\n \r\n" + BLOCK,
            b"a\r\n" + over[3:] + b"\r\n\t\n" + BLOCK + b"\n",
            b"\n" + spaces + b"\n" + BLOCK + b"\n",
            b"\n" + spaces + b"\r\n" + BLOCK + b"\n",
            over + b"\n" + spaces + b"\n\n" + BLOCK + b"\n",
            over + b"\r\n" + spaces + b"z\n\n" + BLOCK + b"\n",
            over + b"\r\r\n \r\n" + over + b"\r",
        ]
    return found


def stream_stretches() -> list[bytes]:
    """Frames around the limit, of no bytes, of other content, and control frames good and bad."""
    asked = dnstaps.data(ASKED)
    found = [
        asked + dnstaps.data(b"") + asked,
        dnstaps.control(dnstaps.START, b"protobuf:other") + asked + dnstaps.control(dnstaps.START) + asked,
        asked + dnstaps.control(9) + bytes(8) + asked,
        dnstaps.control(dnstaps.START, b"x", b"y") + asked,
        dnstaps.control(dnstaps.READY, *[b"x" * 256] * 3) + asked,
    ]
    found += [dnstaps.data(over) + asked for over in OVER]
    return [*found, *(bytes(4) + len(over).to_bytes(4, "big") + over + asked for over in OVER)]


def filling(name: str, length: int) -> bytes:
    """So many bytes of frames that are no records."""
    frames, rest = divmod(length, 4096)
    if name == "dnstap":
        return dnstaps.data(bytes(4092)) * frames + (dnstaps.data(bytes(rest - 4)) if rest else b"")
    return (b" " * 255 + b"\n") * (16 * frames + rest // 256) + (b" " * (rest % 256 - 1) + b"\n" if rest % 256 else b"")


def at_edges(name: str, seed: int, folder: Path) -> None:
    """Every stretch with the edge of a chunk at some place of it."""
    is_stream = name == "dnstap"
    log = bytearray(dnstaps.control(dnstaps.START, dnstaps.CONTENT_TYPE) if is_stream else b"")
    chance = random.Random(seed)
    for stretch in stream_stretches() if is_stream else block_stretches():
        blank = -(len(log) + chance.randrange(len(stretch) + 1)) % CHUNK_BYTES
        log += filling(name, blank if blank % 4096 > 4 else blank + 8) + stretch
    assert agree(bytes(log), name, folder).accounts[0]["hits"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_sides_agree_where_a_chunk_ends(name: str, tmp_path: Path) -> None:
    at_edges(name, 1, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 40))
@pytest.mark.parametrize("name", PROGRAMS)
def test_sides_agree_wherever_a_chunk_ends(name: str, seed: int, tmp_path: Path) -> None:
    at_edges(name, seed, tmp_path)


@pytest.mark.parametrize("program", [DETAIL, INDENTED], ids=["blocks", "indented"])
@pytest.mark.parametrize("limit", [1, 4, 40, 88, SMALL])
def test_sides_agree_on_blocks_cut_off_anywhere(limit: int, program: Program, tmp_path: Path) -> None:
    whole = b"\xef\xbb\xbf" + BLOCK + b" \r\n\r\n" + BLOCK.replace(b"\n", b"\r\n") + b"\r\n  \r"
    logs = tuple(whole[:length] for length in range(len(whole) + 1))
    starts = tuple(b"\xef\xbb\xbf" + start + BLOCK for start in (b"\n", b" \n", b" \r\n\n", b"\r", b"\xef\xbb\xbf\n"))
    options = ReadOptions(((0, 0),), max_frame_bytes=limit)
    assert_sides_agree(Case(logs + starts, program, (OPEN,), options, all_hits_of=SERVER), tmp_path)


@pytest.mark.parametrize("program", [DETAIL, INDENTED], ids=["blocks", "indented"])
@pytest.mark.parametrize("limit", [40, SMALL])
def test_sides_agree_on_packed_blocks_that_break_off_anywhere(limit: int, program: Program, tmp_path: Path) -> None:
    """A frame behind which another line begins is whole, wherever that line breaks off. Each piece is flushed."""
    whole = BLOCK + BLOCK.replace(b"\n", b"\r\n") + b"\n" + BLOCK
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(whole[at : at + 5]) + packer.flush(zlib.Z_SYNC_FLUSH) for at in range(0, len(whole), 5)]
    logs = tuple(b"".join(pieces[:count]) for count in range(1, len(pieces) + 1))
    options = ReadOptions(((0, 0),), max_frame_bytes=limit)
    result = assert_sides_agree(Case(logs, program, (OPEN,), options, all_hits_of=SERVER), tmp_path)
    assert len({account["frames"] for account in result.accounts}) > 1


@pytest.mark.parametrize("limit", [1, 30, SMALL])
def test_sides_agree_on_a_stream_cut_off_anywhere(limit: int, tmp_path: Path) -> None:
    whole = dnstaps.stream(ASKED, ASKED)
    logs = tuple(whole[:length] for length in range(len(whole) + 1))
    options = ReadOptions(max_frame_bytes=limit)
    result = assert_sides_agree(Case(logs, DNSTAP, (OPEN,), options, all_hits_of=SERVER), tmp_path)
    rejects = [account["rejects"] for account in result.accounts]
    assert sum(RejectCode.BROKEN_STREAM in codes for codes in rejects) == len(whole) - 4  # type: ignore[operator]


def test_sides_agree_on_a_stream_with_one_byte_wrong(tmp_path: Path) -> None:
    whole = dnstaps.stream(ASKED, ASKED)
    logs = tuple(
        whole[:at] + bytes([byte]) + whole[at + 1 :] for at in range(len(whole)) for byte in (0, 1, 0x7F, 0xC0, 0xFF)
    )
    assert_sides_agree(Case(logs, DNSTAP, (OPEN,), all_hits_of=SERVER), tmp_path)


@pytest.mark.parametrize("name", ["radius-detail", "dnstap"])
def test_sides_agree_where_packed_frames_break_off(name: str, tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(sample_lines(name)), mtime=0)
    for length in (len(packed) // 3, len(packed) // 2, len(packed) - 9):
        rejects = agree(packed[:length], name, tmp_path, 1 << 20).accounts[0]["rejects"]
        assert rejects[RejectCode.BROKEN_STREAM] == 1  # type: ignore[index]


def test_all_bytes_after_a_wrong_length_are_one_reject(tmp_path: Path) -> None:
    """A length that leads behind the end leaves nothing to tell a frame by: all of the rest is one reject."""
    whole = dnstaps.stream(*[ASKED] * 9)
    result = agree(whole + b"\xff\xff\xff\xf0" + whole, "dnstap", tmp_path)
    assert result.accounts[0]["records"] == 9
    (reject,) = map(json.loads, result.rejects)
    assert (reject["code"], reject["byte_offset"], reject["length"]) == ("broken-stream", len(whole), len(whole) + 4)


@pytest.mark.parametrize(
    ("name", "log", "raw", "lines"),
    [
        ("dnstap", dnstaps.stream(ASKED, ASKED), ASKED, [2, 3]),
        ("radius-detail", b"\n\n" + BLOCK + b"\n" + BLOCK, BLOCK.rstrip(b"\n"), [3, 7]),
        ("indented", b"\n" + BLOCK + BLOCK, BLOCK.rstrip(b"\n"), [2, 5]),
    ],
)
def test_a_hit_lies_where_it_says(name: str, log: bytes, raw: bytes, lines: list[int], tmp_path: Path) -> None:
    """At a hit's offset stand its raw bytes: what is behind a length of a stream, or the whole block."""
    hits = [json.loads(line) for line in agree(log, name, tmp_path).hits if isinstance(line, bytes)]
    assert [hit["line_number"] for hit in hits] == lines
    for hit in hits:
        raw_bytes = base64.b64decode(hit["raw"]) if hit["encoding"] == "base64" else hit["raw"].encode()
        assert raw_bytes == raw == log[hit["byte_offset"] :][: len(raw)]
