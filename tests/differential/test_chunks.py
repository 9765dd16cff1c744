"""Wherever a chunk of the kernel ends (1 MiB of an exhibit), in whatever, it reads what the oracle reads."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest

from sightline.stages.scan.options import ReadOptions
from tests.differential.commonest import SERVER, shapes
from tests.differential.logs import FORMATS, ROWS, sample_lines
from tests.differential.sides import Case, assert_sides_agree

CHUNK_BYTES = 1 << 20
OPEN = tuple(row + ",,,,,," for row in ROWS)
OPTIONS = ReadOptions(((0, 0),), 2024, "dmy")
SMALL = 700
LINE_ENDS = [b"\n", b"\r\n", b"\r\r\n"]
HEADERS = [
    b"#Fields: date time c-ip cs-uri-stem\n2026-10-10 08:25:36 192.0.2.7 /four\n",
    b"#Fields: nothing\nx\n",
    b"#Fields:\r\n",
]


def stretches(name: str) -> list[bytes]:
    """What a chunk may end in: lines of each kind of end, texts of several bytes, header lines, frames too long."""
    first, *others = [shape.header + shape.line for shape in shapes(name)[:3]]
    spoilt = first.rstrip(b"\r\n")
    lines = [
        first + b"".join(others),
        spoilt + b"\r\n\r\n\n" + first,
        spoilt + b" \xe2\x82\xac\xf0\x9f\x92\xa9\xff\r\n\xef\xbb\xbf" + first + first,
    ]
    lines += [header + first for header in HEADERS if shapes(name)[0].header]
    return [*lines, *(b"x" * SMALL + more + end + first for more in (b"", b"x") for end in LINE_ENDS)]


def with_edges(stretch: bytes, shifts: Iterable[int]) -> bytes:
    """The stretch again and again, each time with the edge of a chunk so many bytes after its start; blanks between."""
    held = bytearray()
    for shift in shifts:
        blank = -(len(held) + shift) % CHUNK_BYTES
        lines, rest = divmod(blank, 256)
        held += (b" " * 255 + b"\n") * lines + (b" " * (rest - 1) + b"\n" if rest else b"") + stretch
    return bytes(held)


def agree_at_edges(name: str, step: int, folder: Path) -> None:
    for number, stretch in enumerate(stretches(name)):
        log = shapes(name)[0].header + with_edges(stretch, range(number % step, len(stretch) + 1, step))
        options = ReadOptions(((0, 0),), 2024, "dmy", max_frame_bytes=SMALL)
        result = assert_sides_agree(Case((log,), FORMATS[name].program, (OPEN,), options, all_hits_of=SERVER), folder)
        assert len(log) > CHUNK_BYTES
        assert result.accounts[0]["hits"]


@pytest.mark.parametrize("name", ["combined", "iis-w3c"])
def test_sides_agree_where_a_chunk_ends(name: str, tmp_path: Path) -> None:
    agree_at_edges(name, 211, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", ["combined", "iis-w3c", "zeek-http", "zeek-json", "squid", "bind"])
def test_sides_agree_wherever_a_chunk_ends(name: str, tmp_path: Path) -> None:
    agree_at_edges(name, 5, tmp_path)


def test_sides_agree_where_a_log_ends_at_a_chunk(tmp_path: Path) -> None:
    """With and without a line end, plain, by standard input and in a stream of members cut elsewhere."""
    line = shapes("combined")[0].line
    logs = []
    for end in (b"", b"\r", *LINE_ENDS):
        for over in (-1, 0, 1):
            last = line.rstrip(b"\n") + end
            logs.append(with_edges(last, [len(last) - over])[: CHUNK_BYTES + over])
    cut = CHUNK_BYTES - 3
    packed = [gzip.compress(log[:cut], 1, mtime=0) + gzip.compress(log[cut:], 1, mtime=0) for log in logs[::4]]
    for taken in (None, 0, CHUNK_BYTES, CHUNK_BYTES - 1):
        case = Case((*logs, *packed), FORMATS["combined"].program, (OPEN,), OPTIONS, SERVER, taken=taken)
        assert_sides_agree(case, tmp_path)


@pytest.mark.parametrize("over", [-1, 0, 1, 2])
def test_sides_agree_on_a_frame_of_the_limit_across_a_chunk(over: int, tmp_path: Path) -> None:
    """A frame may be as long as a chunk: one byte more is too long, whatever ends it."""
    frames = [b"x" * (CHUNK_BYTES + over) + end for end in LINE_ENDS]
    line = shapes("combined")[0].line
    log = line.join([b"", *frames, *(b" " * (CHUNK_BYTES + over) + end for end in LINE_ENDS), frames[0].rstrip()])
    result = assert_sides_agree(Case((log,), FORMATS["combined"].program, (OPEN,), OPTIONS, SERVER), tmp_path)
    assert result.accounts[0]["hits"]


@pytest.mark.parametrize("limit", [1 << 20, 70_000, 200])
def test_sides_agree_where_the_kernel_cuts_chunks(limit: int, tmp_path: Path) -> None:
    lines = sample_lines("combined")
    pieces: list[bytes] = []
    for number in range(400):
        pieces += lines[number % len(lines) :][:5]
        pieces.append(b"x" * (number * 37) + (b"\r\n" if number % 2 else b"\n"))
        if number % 97 == 0:
            pieces.append(lines[0].rstrip(b"\n") + b"\0" * 100_000 + b"\n")
    pieces.append(b"y" * (3 << 20))
    case = Case(
        (b"".join(pieces), b"".join(pieces[:50])),
        FORMATS["combined"].program,
        (OPEN,),
        ReadOptions(max_frame_bytes=limit),
    )
    result = assert_sides_agree(case, tmp_path)
    assert len(case.exhibits[0]) > 5 << 20
    assert result.accounts[0]["rejects"]
