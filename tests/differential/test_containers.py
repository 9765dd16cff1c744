"""Compressed, archived, cut off or spoilt: kernel and oracle read the same frames and break at the same byte."""

import bz2
import gzip
import lzma
import random
import zipfile
from pathlib import Path

import pytest

from sightline.stages.scan.options import ReadOptions
from tests.differential.logs import FORMATS, ROWS, sample_lines
from tests.differential.sides import Case, assert_sides_agree
from tests.stages.scan.test_containers import tar, zipped

OPEN = tuple(row + ",,,,,," for row in ROWS)
LOG = b"\xef\xbb\xbf" + b"".join(sample_lines("combined")) * 8 + b"no line end"
GZIP = gzip.compress(LOG, mtime=0)
INNER = tar(("in.log", LOG), ("d/in.log.gz", GZIP), ("._in.log", LOG), ("x\ny\udcff.log", LOG[:999]))
WHOLE = {
    "gzip": GZIP,
    "gzip members": gzip.compress(LOG[:777], mtime=0) + gzip.compress(LOG[777:], mtime=0) + bytes(99),
    "bzip2": bz2.compress(LOG[:777]) + bz2.compress(LOG[777:]),
    "xz": lzma.compress(LOG),
    "tar": INNER,
    "tar.gz": gzip.compress(INNER, mtime=0),
    "tar in tar": tar(("a.log", LOG), ("in.tar", INNER), ("z.log", LOG)),
    "zip": zipped(("a.log", LOG), ("b/c.tar", INNER), ("d.gz", GZIP), ("e/", b"")),
    "stored zip in tar": tar(("a.zip", zipped(("a.log", LOG), method=zipfile.ZIP_STORED)), ("b.log", LOG)),
    "nested too deep": gzip.compress(gzip.compress(gzip.compress(gzip.compress(GZIP)))),
    "foreign": b"Rar!\x1a\x07\x00" + LOG,
}


def agree(content: bytes, tmp_path: Path) -> None:
    assert_sides_agree(Case((content,), FORMATS["combined"].program, (OPEN,), ReadOptions()), tmp_path)


@pytest.mark.parametrize("name", WHOLE)
def test_sides_agree_on_whole_containers(name: str, tmp_path: Path) -> None:
    agree(WHOLE[name], tmp_path)


@pytest.mark.parametrize("name", ["gzip", "gzip members", "tar", "tar.gz", "tar in tar", "zip", "stored zip in tar"])
def test_sides_agree_on_what_is_cut_off(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    content = WHOLE[name]
    for size in [1, 5, 600, len(content) - 1, *(chance.randrange(len(content)) for _ in range(8))]:
        agree(content[:size], tmp_path)


@pytest.mark.parametrize("name", ["gzip", "tar", "tar.gz"])
def test_sides_agree_on_what_is_spoilt(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    for _ in range(10):
        content = bytearray(WHOLE[name])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        agree(bytes(content), tmp_path)
