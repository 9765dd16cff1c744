"""Generated logs: lines of the samples with other hosts, times and bytes in them, and lists that some of them meet."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import hmac
import lzma
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import strategies as st

from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.formats.program import Frames
from sightline.stages.scan.hit_rows import format_timestamp
from sightline.stages.scan.options import AddressRange, Drift, ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.zones import build_zone_table
from tests.differential.sides import Case
from tests.stages.scan import dnstaps
from tests.stages.scan.test_containers import tar, zipped

SAMPLES = Path(__file__).parents[1] / "samples"
FORMATS = load_builtin_formats()
AN_EIGHTH_FAST = [
    name if at % 8 == 0 else pytest.param(name, marks=pytest.mark.slow) for at, name in enumerate(sorted(FORMATS))
]
"""All formats, for tests that take long: `make test` tries an eighth of them, its slow part the others."""
ALL_DECLARED = ReadOptions(timezone=((0, 0),), year=2024, date_order="dmy", made_at_us=1_717_000_000_000_000)
ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
DIGEST_KEY = b"kept apart"

NAMES = [b"flagged.example", b"a.flagged.example", b"b.a.flagged.example", b"plain.example", b"xn--mnchen-3ya.example"]
NAMES += [ONION.encode(), b"www." + ONION.encode() + b".gate.example", b"site.i2p", b"x.site.i2p.gate.example"]
ADDRESSES = [b"192.0.2.80", b"198.51.100.9", b"203.0.113.7", b"2001:db8::80", b"::ffff:192.0.2.80", b"fe80::1%eth0"]
SPELLINGS = [
    lambda host: host,
    bytes.upper,
    lambda host: host + b".",
    lambda host: host.replace(b"e", b"%65", 1),
    lambda host: host.replace(b"a", "\uff41".encode(), 1),
    lambda host: b"user:word@" + host,
    lambda host: host + b":8443",
    lambda host: host + b":443",
    lambda host: host.replace(b"xn--mnchen-3ya", "m\u00fcnchen".encode()),
    lambda host: b"[" + host + b"]",
    lambda host: host.replace(b".", b"\\.", 1),
    lambda host: host + b"..",
]
TARGETS = [
    b"/",
    b"/a",
    b"/a/",
    b"/a/b?q=1",
    b"/%61/./b/../c",
    b"/A%2fb",
    b"//a",
    b"*",
    b"/a?q='\"<",
    b"/\xc3\xa4\xff",
    b"/a#b",
]
TARGETS += [b"http://flagged.example/a", b"HTTPS://U@Flagged.Example:443/a/b?q=1", b"ftp://x/"]
TARGETS += [b"flagged.example:443"]
JUNK = [
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b'"',
    b"\\",
    b'\\"',
    b"\\x41",
    b"%",
    b"\t",
    b" ",
    b"-",
    b"\r",
    b"[",
    b"]",
]
JUNK += [
    b"\\\\\\",
    b"{",
    b"}",
    b"\\u0041",
    b"\\ud800",
    b"99999999999999999999",
    b"\xef\xbb\xbf",
    b"=",
    b",",
    b"|",
    b"+",
    b"\x1f",
]
TIMES = [b"00", b"23", b"24", b"60", b"29", b"31", b"1970", b"2199", b"2200", b"0", b"Feb", b"+0530", b"Z", b".5"]

TIMEZONES = [None, ((0, 0),), ((0, 0),), *map(build_zone_table, ("Europe/Berlin", "+05:30", "Australia/Lord_Howe"))]
PACKERS: list[Callable[[bytes], bytes]] = [partial(gzip.compress, mtime=0), bz2.compress, lzma.compress]
ARCHIVERS: list[Callable[..., bytes]] = [tar, zipped]
HOST_IN_LINE = re.compile(rb"(?:[a-z0-9_-]+\.)+(?:example|test)|\d+\.\d+\.\d+\.\d+|[0-9a-f]*::[0-9a-f]+")
TARGET_IN_LINE = re.compile(rb"(?<=[ \"])/[^ \",]*")
NUMBER_IN_LINE = re.compile(rb"\d+")

ROWS = [
    "domain,flagged.example",
    "host,a.flagged.example",
    "host,plain.example",
    "domain,xn--mnchen-3ya.example",
    "url,http://flagged.example/a",
    "url,flagged.example/a/b?q=1",
    "url,flagged.example:8443/a",
    "url,192.0.2.80:8443/a/",
    "url-prefix,flagged.example/a",
    "url-prefix,a.flagged.example/a/",
    "url-prefix,plain.example:443/",
    "ip,192.0.2.80",
    "ip,198.51.100.9:443",
    "ip,[2001:db8::80]:53",
    "cidr,203.0.113.0/24",
    "cidr,2001:db8::/40",
    "cidr,198.18.0.0/15",
    "ip,203.0.113.7:8443",
    "cidr,203.0.113.0/24:443",
    "cidr,203.0.113.7/24",
    f"onion,{ONION}",
    "i2p,site.i2p",
    "file-digest,f97c5d29941bfb1b2fdab0874906ab82",
    "file-digest,bec9703f7a456cd2b4ab5fb3220ae016e3e394e3",
    "file-digest,3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
    f"digest,{hashlib.md5(b'plain.example').hexdigest()}",
    f"digest,{hashlib.sha256(b'flagged.example/a').hexdigest()}",
    f"digest,{hashlib.sha256(b'2001:db8::80').hexdigest()}",
    f"digest,{hmac.new(DIGEST_KEY, b'flagged.example', 'sha256').hexdigest()}",
    f"file-digest,{'0' * 40}",
]
WINDOWS = [
    ",,,,,,",
    ",c1,,,,,",
    ",,2024-01-01,,,,",
    ",,,2024-01-01,,,",
    ",c2,,,2099-01-01,,",
    ",,2000-01-01,,2099-01-01,,ref",
]
WINDOWS += [f",,,,,{opinion}," for opinion in ("cleared", "disputed", "seed", "flagged")]


@cache
def sample_lines(name: str) -> tuple[bytes, ...]:
    """All frames of a format's samples: lines with their ends, blocks with the blank line behind,
    or with their lengths.
    """
    kind, pieces = FORMATS[name].program.frames, []
    for path in sorted((SAMPLES / name).glob("*.log*")):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        starts = sorted({start for start, _ in _extents(kind, content)} | {len(content)})
        pieces += [content[start:end] for start, end in pairwise(starts)]
    return tuple(piece for piece in pieces if kind is Frames.FRAME_STREAMS or piece.endswith(b"\n"))


def _extents(kind: Frames, content: bytes) -> Iterator[tuple[int, int]]:
    """Where each frame begins, its lengths before it, and how long it is; a blank line belongs to
    the block before it.
    """
    for frame in split_frames([content], 1 << 30, kind):
        is_blank = isinstance(frame, Frame) and kind is Frames.BLOCKS and not frame.text.strip(b" \t")
        if isinstance(frame, Frame) and not is_blank:
            head = (8 if frame.is_control else 4) if kind is Frames.FRAME_STREAMS else 0
            yield frame.byte_offset - head, frame.length


def opens(kind: Frames, piece: bytes) -> bool:
    """Whether a frame says how those after it are read: a header line, or the start of a stream."""
    if kind is Frames.FRAME_STREAMS:
        return piece.startswith(dnstaps.control(dnstaps.START, dnstaps.CONTENT_TYPE))
    return piece.startswith(b"#")


@st.composite
def mutated(draw: st.DrawFn, line: bytes) -> bytes:
    """The line with some of its hosts, targets, numbers and bytes replaced."""
    line = _replaced(draw, HOST_IN_LINE, line, draw(st.sampled_from(NAMES)))
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2, 4)))):
        how = draw(st.sampled_from(("host", "host", "target", "number", "junk", "cut", "end", "twice")))
        if how == "host":
            host = draw(st.sampled_from(NAMES + ADDRESSES))
            line = _replaced(draw, HOST_IN_LINE, line, draw(st.sampled_from(SPELLINGS))(host))
        elif how == "target":
            line = _replaced(draw, TARGET_IN_LINE, line, draw(st.sampled_from(TARGETS)))
        elif how == "number":
            line = _replaced(draw, NUMBER_IN_LINE, line, draw(st.sampled_from(TIMES)))
        elif how == "junk":
            at = draw(st.integers(0, len(line)))
            line = line[:at] + draw(st.sampled_from(JUNK)) + line[at + draw(st.integers(0, 1)) :]
        elif how == "cut":
            at = draw(st.integers(0, len(line)))
            line = line[:at] + line[at + draw(st.integers(1, 30)) :]
        elif how == "end":
            line = line.rstrip(b"\r\n") + draw(st.sampled_from((b"\r\n", b"\r\r\n", b"", b"\n\n", b" \n")))
        else:
            line = line.rstrip(b"\n") + line
    return line


def _replaced(draw: st.DrawFn, pattern: re.Pattern[bytes], line: bytes, text: bytes) -> bytes:
    found = list(pattern.finditer(line))
    if not found:
        return line
    one = draw(st.sampled_from(found))
    return line[: one.start()] + text + line[one.end() :]


@st.composite
def log(draw: st.DrawFn, name: str) -> bytes:
    """A log of a format: some sample lines, its header lines mostly among them."""
    lines, kind = sample_lines(name), FORMATS[name].program.frames
    headers = [line for line in lines if opens(kind, line)]
    picked = draw(st.lists(st.sampled_from(lines), min_size=3, max_size=12))
    if headers and draw(st.integers(0, 9)) > 0:
        picked = headers + picked
    if kind is Frames.FRAME_STREAMS:
        return b"".join(draw(streamed(piece)) for piece in picked) + draw(st.sampled_from((b"", b"", b"\0", b"\0" * 6)))
    mutants = [draw(mutated(line)) for line in picked]
    start = draw(st.sampled_from((b"", b"", b"\xef\xbb\xbf", b"\n", b" \t\n", b"\xef\xbb\xbf\n")))
    end = draw(st.sampled_from((b"", b"", b"no line end", b"\r", b"\xc3")))
    return start + b"".join(mutants) + end


@st.composite
def streamed(draw: st.DrawFn, piece: bytes) -> bytes:
    """A frame of a stream: mostly what it holds is mutated, behind its right length; now and then any byte of it."""
    how = draw(st.sampled_from(("whole", *["held"] * 12, "any")))
    if how == "held" and piece[:4] != b"\0\0\0\0":
        return dnstaps.data(draw(mutated(piece[4:])))
    if how == "held" and draw(st.integers(0, 3)) == 0:
        held = draw(mutated(piece[8:]))
        return bytes(4) + len(held).to_bytes(4, "big") + held
    return draw(mutated(piece)) if how == "any" else piece


AT_US = 1_780_000_000_000_000
DRIFTS: tuple[Drift | None, ...] = (
    *[None] * 4,
    ((AT_US - 10**13, -3), (AT_US, 42_000_000)),
    ((AT_US, 10**9 + 7), (AT_US + 86_400_000_000, -(10**6))),
    ((0, 10**15), (1, 10**15)),
)
"""Clocks that were compared twice, before, within and behind the times of samples."""
PROXIES: tuple[tuple[AddressRange, ...], ...] = (
    (),
    (("192.0.2.0", "192.0.2.255"), ("2001:db8::", "2001:db8::ffff")),
    (("0.0.0.0", "203.0.113.79"),),
    (("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),),
)


@st.composite
def options(draw: st.DrawFn) -> ReadOptions:
    """Declarations of all kinds, mostly there."""
    return ReadOptions(
        timezone=draw(st.sampled_from(TIMEZONES)),
        year=draw(st.sampled_from((2024, 2024, 2023, 1970, None))),
        date_order=draw(st.sampled_from((None, "dmy", "mdy", "ymd"))),
        clock_offset_us=draw(st.sampled_from((0, 0, 0, 0, 1, -1_500_000, 10**15))),
        clock_drift=draw(st.sampled_from(DRIFTS)),
        clock_uncertainty_s=draw(st.sampled_from((900, 0, 7))),
        before_us=draw(st.sampled_from((0, 60_000_000))),
        after_us=draw(st.sampled_from((0, 1_000_000))),
        made_at_us=draw(st.sampled_from((ALL_DECLARED.made_at_us, None))),
        trusted_hops=draw(st.integers(0, 2)),
        trusted_proxies=draw(st.sampled_from(PROXIES)),
        max_frame_bytes=draw(st.sampled_from((*[1 << 20] * 6, 300, 120, 3))),
    )


@cache
def visit_times(name: str) -> tuple[int, ...]:
    """When some visits of a format's samples were, in microseconds."""
    reader = MemberReader(FORMATS[name].program, ALL_DECLARED)
    cut = split_frames(sample_lines(name), 1 << 20, FORMATS[name].program.frames)
    outcomes = [reader.read(frame) for frame in cut if isinstance(frame, Frame)]
    times = {
        outcome.timestamp_us for outcome in outcomes if isinstance(outcome, Record) and outcome.timestamp_us is not None
    }
    return tuple(sorted(times)[:20])


REACHES = (-900_000_000, 900_000_000, 0, 7_000_000, 10**10, -960_000_000, 901_000_000, 1_000_000, -60_000_000)


@st.composite
def window(draw: st.DrawFn, name: str) -> str:
    """The columns of a row after its value: now and then a window whose edge is at the edge of a visit's interval."""
    if draw(st.booleans()):
        return draw(st.sampled_from(WINDOWS))
    edges = []
    for _ in range(3):
        visit_us = draw(st.sampled_from(visit_times(name)))
        reach_us = draw(st.sampled_from(REACHES))
        at = format_timestamp(max(0, visit_us + reach_us + draw(st.integers(-1, 1))))
        edges.append(draw(st.sampled_from((at, ""))))
    since, until, listed_on = edges
    if since and until and since >= until:
        until = ""
    return f",near,{since},{until},{listed_on},{draw(st.sampled_from(('', 'seed', 'cleared')))},"


@st.composite
def flag_rows(draw: st.DrawFn, name: str) -> tuple[str, ...]:
    """The rows of a list: many kinds, several statements of one indicator among them."""
    rows = draw(st.lists(st.sampled_from(ROWS), min_size=1, max_size=30))
    return tuple(row + draw(window(name)) for row in rows)


@st.composite
def packed(draw: st.DrawFn, content: bytes) -> bytes:
    """The log as it may be kept: mostly plain, else compressed, cut into members of a stream or of an archive."""
    at = draw(st.integers(0, len(content)))
    how = draw(st.sampled_from(("plain", "plain", "compressed", "archived")))
    if how == "compressed":
        pack = draw(st.sampled_from(PACKERS))
        return b"".join(map(pack, (content[:at], content[at:])))
    if how == "archived":
        archive: Callable[..., bytes] = draw(st.sampled_from(ARCHIVERS))
        return archive(("a.log", content[:at]), ("b/\n.log", content[at:]))
    return content


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    """A whole case of a format."""
    exhibits = draw(st.lists(log(name).flatmap(packed), min_size=1, max_size=3))
    return Case(
        exhibits=tuple(exhibits),
        program=FORMATS[name].program,
        lists=tuple(draw(st.lists(flag_rows(name), min_size=1, max_size=3))),
        options=draw(options()),
        all_hits_of=draw(st.sampled_from((None, None, "flagged.example", "192.0.2.80", "http://flagged.example/a"))),
        digest_key=draw(st.sampled_from((None, DIGEST_KEY))),
        hit_format=draw(st.sampled_from(("jsonl", "jsonl", "csv", "parquet", "memory"))),
        taken=draw(st.sampled_from((None, None, None, 0, 100, len(exhibits[0])))),
    )
