"""The commonest lines of each format with one thing wrong at every place: what a short cut in a
reader would get wrong.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sightline.stages.formats.program import Frames, Program
from sightline.stages.formats.wrapped import unwrap_frame
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import CommentFrame, Header, Record
from sightline.stages.scan.reference.slots import Branch
from sightline.stages.scan.reference.split import split_frame
from tests.differential.logs import ALL_DECLARED, FORMATS, sample_lines
from tests.stages.scan import dnstaps

BOM = b"\xef\xbb\xbf"
BYTES = [
    bytes((byte,)) for byte in b" \t\"\\[](){}<>-+.:;,/%@#=|&?*'0159aAfFxzZTt_\x00\x01\x0b\x1f\x7f\x80\xbf\xc3\xff\r\n"
]
NUMBERS = (
    b"0 00 000 1 01 9 12 13 19 20 23 24 29 30 31 32 59 60 61 80 99 100 199 255 256 304 443 999 0443 1000 1900 1969 1970"
)
NUMBERS += (
    b" 2024 2100 2199 2200 9999 10000 65535 65536 99999 000080 100000 4294967295 4294967296 -1 -0 +1 - 1.5 1e3 0x10"
)
NUMBERS += b" 999999999999999999 1000000000000000000 9223372036854775808 18446744073709551616 00000000000000000001"
NUMBERS += b" " + b"9" * 40 + "\uff11 \u0661".encode()
WORDS = [b"", b"-", b"--", b'""', b'"-"', b'"', b"\\", b"a b", b" ", b"\xef\xbb\xbf", b"\xff\xfe", b"0", b"null", b"[]"]
WORDS += [
    b"x" * 300,
    b"9" * 300,
    b"\\x41",
    b"\\x4",
    b"\\u0041",
    b"%41",
    b"a\\",
    b'a\\"b',
    b"127.1",
    b"::1",
    b"[::1]:80",
]
WORDS += [b"192.0.2.256", b"192.0.2.7:65536", b"192.0.2.07", b"192.0.2", b"192.0.2.7.", b"0x7f.1", b"2001:db8::1", b"*"]
WORDS += [
    b"2001:db8::1%eth0",
    b"::ffff:192.0.2.7",
    b"user@flagged.example:8443",
    b"FLAGGED.example.",
    b"http://flagged.example",
]
ZONES = b"+0000 -0000 +0530 -1200 +1400 +2359 +2360 +2400 -9999 +05:30 +05 +5 +053 +05300 0530 Z z UTC GMT EST".split()
MONTHS = b"Jan feb MAR Apr May Jun Jul Aug Sep Oct Nov Dec Juni Xxx 01 13".split()

SERVER = "flagged.example"
NAME = re.compile(rb"(?:[a-z0-9][a-z0-9_-]*\.)*(?:example|test)\b")
NUMBER = re.compile(rb"\d+")
WORD = re.compile(rb"[^\s\"\[\](),{}|=]+")
ZONE = re.compile(rb"(?<=\d)(?:[+-]\d\d:?\d\d|Z)\b|(?<=\d )[+-]\d{4}\b")
MONTH = re.compile(rb"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
SECOND = re.compile(rb"((?<=:\d\d:)\d\d|\b\d{10})(?:[.,]\d+)?\b")
DATE_AND_TIME = re.compile(rb"(?<!\d)\d\d([/ -])[A-Z][a-z]{2}([/ -])\d{4}([: ])\d\d:\d\d:\d\d")
EDGES = [b"31 Dec 1969 23:59:59", b"01 Jan 1970 00:00:00", b"31 Dec 2199 23:59:60", b"29 Feb 2023 12:00:00"]
EDGES += [b"29 Feb 2024 23:59:60", b"29 Feb 2100 00:00:00", b"30 Feb 2024 00:00:00", b"31 Apr 2024 00:00:00"]
ENDS = [b"\r\n", b"\r\r\n", b" \n", b"\t\n", b"\0\n", b" x\n", b' "x"\n', b' "192.0.2.9"\n', b"\n\n"]
STARTS = [b" ", b"\t", b"\r", BOM, b"#", b"<134>", b"\0"]
FRACTIONS = [sign + b"987654321098"[:digits] for sign in (b".", b",") for digits in range(11)]


@dataclass(frozen=True)
class Shape:
    """The shortest line of a shape, every name in it the server's, and the header line that its columns stand under.

    Of a frame stream what a frame holds, and the start of the stream.
    """

    header: bytes
    line: bytes


@cache
def shapes(name: str) -> tuple[Shape, ...]:
    """A line of each shape that samples hold, the commonest shape first.

    A shape is which slots are filled, under which constants and header.
    """
    program, found = FORMATS[name].program, defaultdict[object, list[Shape]](list)
    reader, header, header_line = MemberReader(program, ALL_DECLARED), None, b""
    for line in sample_lines(name):
        frame = next(split_frames([line.removeprefix(BOM)], 1 << 20, program.frames))
        assert isinstance(frame, Frame)
        outcome = reader.read(frame)
        if isinstance(outcome, CommentFrame) and outcome.header:
            header, header_line = outcome.header, line
        elif isinstance(outcome, Record):
            # What a frame of a stream holds says how long its names are.
            text = line[4:] if program.frames is Frames.FRAME_STREAMS else _rename_server(name, header_line, line)
            found[header_line, _shape(program, header, frame)].append(Shape(header_line, text))
    by_count = sorted(found.values(), key=len, reverse=True)
    return tuple(min(alike, key=lambda shape: len(shape.line)) for alike in by_count)


def _rename_server(name: str, header_line: bytes, line: bytes) -> bytes:
    """Return the line with another server's name, or as it is if its format says how long its names are."""
    renamed = NAME.sub(SERVER.encode(), line)
    reader = MemberReader(FORMATS[name].program, ALL_DECLARED)
    for text in filter(None, (header_line, renamed)):
        frame = next(split_frames([text.removeprefix(BOM)], 1 << 20, FORMATS[name].program.frames))
        assert isinstance(frame, Frame)
        outcome = reader.read(frame)
    return renamed if isinstance(outcome, Record) else line


def _shape(program: Program, header: Header | None, frame: Frame) -> object:
    text = unwrap_frame(frame.text) if program.frames is Frames.LINES else frame.text
    branch = split_frame(program, header, text)
    assert isinstance(branch, Branch)
    absent = {text.encode() for text in program.absent}
    filled = frozenset(slot for slot, values in branch.slots.items() if not absent.issuperset(values))
    return filled, tuple(sorted(branch.constants.items()))


def mutants(line: bytes, stride: int) -> Iterator[bytes]:
    """The line and what comes of it by one change: at every place a byte less, a byte twice (of a stride of 20 and more
    one of the two), and every `stride`-th of the bytes put in and put instead; of every number, word and time some or
    (of a stride below 20) all bad ones.
    """
    yield line
    yield from _bytewise(line, stride)
    for pattern, texts in ((NUMBER, NUMBERS.split()), (WORD, WORDS), (MONTH, MONTHS), (ZONE, ZONES)):
        yield from _instead(line, pattern, texts, max(1, stride // 10))
    for second in SECOND.finditer(line):
        yield from (line[: second.start()] + second[1] + fraction + line[second.end() :] for fraction in FRACTIONS)
    for time in DATE_AND_TIME.finditer(line):
        for day, month, year, clock in map(bytes.split, EDGES):
            text = day + time[1] + month + time[2] + year + time[3] + clock
            yield line[: time.start()] + text + line[time.end() :]
    yield from (line.rstrip(b"\r\n") + end for end in ENDS)
    yield from (start + line for start in STARTS)


def _bytewise(line: bytes, stride: int) -> Iterator[bytes]:
    for at in range(len(line)):
        changed = (line[:at] + line[at + 1 :], line[: at + 1] + line[at:])
        yield from changed if stride < 20 else changed[at % 2 : at % 2 + 1]
        for byte in BYTES[at % stride :: stride]:
            yield line[:at] + byte + line[at:]
            yield line[:at] + byte + line[at + 1 :]


def _instead(line: bytes, pattern: re.Pattern[bytes], texts: Sequence[bytes], stride: int) -> Iterator[bytes]:
    for number, found in enumerate(pattern.finditer(line)):
        for text in texts[number % stride :: stride]:
            yield line[: found.start()] + text + line[found.end() :]


def by_header(shapes: Sequence[Shape]) -> dict[bytes, list[bytes]]:
    """The lines that stand under each header line."""
    under: dict[bytes, list[bytes]] = {}
    for shape in shapes:
        under.setdefault(shape.header, []).append(shape.line)
    return under


def mutated_logs(name: str, stride: int, most_shapes: int | None = None) -> tuple[bytes, ...]:
    """For each header line a log of all mutants of the commonest shapes, in an order that
    puts unlike lines together.
    """
    logs = []
    for header, lines in by_header(shapes(name)[:most_shapes]).items():
        all_mutants = [mutant for line in lines for mutant in mutants(line, stride)]
        random.Random(name).shuffle(all_mutants)
        is_streamed = FORMATS[name].program.frames is Frames.FRAME_STREAMS
        logs.append(header + b"".join(map(dnstaps.data, all_mutants) if is_streamed else all_mutants))
    return tuple(logs)
