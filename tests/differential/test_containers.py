"""Compressed, archived, cut off or spoilt: kernel and oracle read the same frames and break at the same byte."""

import bz2
import gzip
import hashlib
import lzma
import random
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.stages.scan import kernel, oracle
from sightline.stages.scan.options import DecompressionLimits
from sightline.stages.scan.results import MemberPlan
from tests.differential.logs import FORMATS, ROWS, sample_lines
from tests.differential.sides import Case, SideResult, assert_kernel_tells, assert_sides_agree
from tests.stages.scan.test_containers import streamed, tar, zipped

OPEN = tuple(row + ",,,,,," for row in ROWS)
LOG = b"\xef\xbb\xbf" + b"".join(sample_lines("combined")[:60]).ljust(66_000, b"x") + b"\nno line end"
"""Longer than what is read at once. Most of it is one line: what each line holds is tried elsewhere."""
GZIP = gzip.compress(LOG, mtime=0)
INNER = tar(("in.log", LOG), ("d/in.log.gz", GZIP), ("._in.log", LOG), ("x\ny\udcff.log", LOG[:999]))
WHOLE = {
    "gzip": GZIP,
    "gzip members": gzip.compress(LOG[:777], mtime=0) + gzip.compress(LOG[777:], mtime=0) + bytes(99),
    "bzip2": bz2.compress(LOG[:777]) + bz2.compress(LOG[777:]),
    "xz": lzma.compress(LOG[:777]) + lzma.compress(LOG[777:]),
    "tar": INNER,
    "tar.gz": gzip.compress(INNER, mtime=0),
    "tar in tar": tar(("a.log", LOG), ("in.tar", INNER), ("z.log", LOG)),
    "zip": zipped(("a.log", LOG), ("b/c.tar", INNER), ("d.gz", GZIP), ("e/", b"")),
    "zip through a pipe": streamed(("a.log", LOG), ("b/c.tar", INNER), ("__MACOSX/._a", b"x"), ("d.gz", GZIP)),
    "bzip2 in zip": zipped(("a.log", LOG), ("b.log", LOG), method=zipfile.ZIP_BZIP2),
    "stored zip in tar": tar(("a.zip", zipped(("a.log", LOG), method=zipfile.ZIP_STORED)), ("b.log", LOG)),
    "nested too deep": gzip.compress(gzip.compress(gzip.compress(gzip.compress(GZIP)))),
    "foreign": b"Rar!\x1a\x07\x00" + LOG,
}
ZIPS = ["zip", "zip through a pipe", "stored zip in tar"]
CUT = ["gzip", "gzip members", "tar", "tar.gz", "tar in tar", "bzip2 in zip", *ZIPS]
SPOILT = ["gzip", "tar", "tar.gz", *ZIPS]


def case(*contents: bytes, taken: int | None = None) -> Case:
    return Case(contents, FORMATS["combined"].program, (OPEN,), taken=taken)


@pytest.mark.parametrize("taken", [None, 0, 300])
@pytest.mark.parametrize("name", WHOLE)
def test_sides_agree_on_whole_containers(name: str, taken: int | None, tmp_path: Path) -> None:
    assert_sides_agree(case(WHOLE[name], LOG, taken=taken), tmp_path)


@pytest.mark.parametrize("uses", ["rsu", "usr", "sur", "u", "s"])
@pytest.mark.parametrize("name", ["tar.gz", "tar in tar", "zip", "zip through a pipe", "stored zip in tar"])
def test_sides_agree_on_members_that_are_skipped_or_in_no_format(name: str, uses: str, tmp_path: Path) -> None:
    content = WHOLE[name]
    sizes = (len(content), len(content) - 30, len(content) * 2 // 3, len(content) // 3)
    planned = replace(case(*(content[:size] for size in sizes)), members=MemberPlan(uses))
    assert_sides_agree(planned, tmp_path)


@pytest.mark.parametrize("name", ["tar in tar", "zip", "zip through a pipe", "stored zip in tar"])
def test_members_are_counted_alike_by_what_chooses_formats_and_by_what_reads(name: str, tmp_path: Path) -> None:
    """However an archive breaks off, the engines name the same members in the same order."""
    path = tmp_path / "some"
    for size in (len(WHOLE[name]), len(WHOLE[name]) * 3 // 4, len(WHOLE[name]) // 2):
        path.write_bytes(WHOLE[name][:size])
        one, other = (
            [*engine.read_member_heads(path, b"", DecompressionLimits(), 999, 99)] for engine in (kernel, oracle)
        )
        assert one == other


def agree_on_cut_off(name: str, cuts: int, folder: Path) -> None:
    chance = random.Random(name)
    content = WHOLE[name]
    sizes = [1, 5, 600, len(content) - 1, *(chance.randrange(len(content)) for _ in range(cuts))]
    assert_sides_agree(case(*(content[:size] for size in sizes)), folder)


def agree_on_spoilt(name: str, times: int, folder: Path) -> None:
    chance = random.Random(name)
    contents = [bytearray(WHOLE[name]) for _ in range(times)]
    for content in contents:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    assert_sides_agree(case(*map(bytes, contents)), folder)


def agree_on_spoilt_zips(name: str, times: int, folder: Path) -> None:
    """Where a zip says what lies where, of which spoilt bytes elsewhere say little; half of them without an end."""
    chance = random.Random(name)
    marks = [match.start() for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x07\x08)", WHOLE[name])]
    contents = []
    for number in range(times):
        content = bytearray(WHOLE[name])
        at = min(chance.choice(marks) + chance.randrange(46), len(content) - 1)
        content[at] = chance.choice([0, 1, 8, 0xFF, content[at] ^ 1 << chance.randrange(8)])
        contents.append(bytes(content[: len(content) - number % 2 * 22]))
    assert_sides_agree(case(*contents), folder)


@pytest.mark.parametrize("name", CUT)
def test_sides_agree_on_what_is_cut_off(name: str, tmp_path: Path) -> None:
    agree_on_cut_off(name, 3, tmp_path)


@pytest.mark.parametrize("name", SPOILT)
def test_sides_agree_on_what_is_spoilt(name: str, tmp_path: Path) -> None:
    agree_on_spoilt(name, 3, tmp_path)


@pytest.mark.parametrize("name", ZIPS)
def test_sides_agree_on_zips_of_spoilt_structure(name: str, tmp_path: Path) -> None:
    agree_on_spoilt_zips(name, 8, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", ZIPS)
def test_sides_agree_on_many_zips_of_spoilt_structure(name: str, tmp_path: Path) -> None:
    agree_on_spoilt_zips(name, 600, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", CUT)
def test_sides_agree_wherever_it_is_cut_off(name: str, tmp_path: Path) -> None:
    agree_on_cut_off(name, 200, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", SPOILT)
def test_sides_agree_however_it_is_spoilt(name: str, tmp_path: Path) -> None:
    agree_on_spoilt(name, 300, tmp_path)


def zstd_of_raw_blocks(content: bytes, most: int) -> bytes:
    """A zstd frame that compresses nothing (RFC 8878): its header, and blocks of at most so many bytes."""
    blocks = [content[at : at + most] for at in range(0, len(content), most)] or [b""]
    headers = [len(block) << 3 | (number == len(blocks)) for number, block in enumerate(blocks, 1)]
    framed = (header.to_bytes(3, "little") + block for header, block in zip(headers, blocks, strict=True))
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"".join(framed)


def test_kernel_reads_zstd_as_what_was_packed(tmp_path: Path) -> None:
    """The oracle has no zstd: its account is that of the plain log, under the SHA-256 and size of the packed one."""
    skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
    packed = [zstd_of_raw_blocks(LOG[:777], 50) + skippable + zstd_of_raw_blocks(LOG[777:], 100_000)]
    if shutil.which("zstd"):
        packed.append(subprocess.run(["zstd", "-q", "-19"], input=LOG, stdout=subprocess.PIPE, check=True).stdout)
    plain = assert_sides_agree(case(LOG), tmp_path)
    for content in packed:
        digest = hashlib.sha256(content).hexdigest()
        before, after = str(plain.accounts[0]["sha256"]).encode(), digest.encode()
        side_result = SideResult(
            hits=[line.replace(before, after) for line in plain.hits if isinstance(line, bytes)],
            rejects=[line.replace(before, after) for line in plain.rejects],
            accounts=({**plain.accounts[0], "sha256": digest, "size_bytes": len(content)},),
        )
        for taken in (None, 0, 300):
            assert_kernel_tells(side_result, case(content, taken=taken), tmp_path)
