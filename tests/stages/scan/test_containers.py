import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from sightline.errors import UsageError
from sightline.model import RejectCode
from sightline.stages.scan.options import DecompressionLimits
from sightline.stages.scan.reference.containers import read_members
from sightline.stages.scan.reference.exhibit import ExhibitBytes

TEXT = b"".join(b"192.0.2.1 line %d\n" % number for number in range(5000))
GZIP = gzip.compress(TEXT, mtime=0)


def tar(*entries: tuple[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


class Pipe(io.BytesIO):
    """Where a writer cannot go back."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def streamed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip as it is written into a pipe: each member's length and CRC stand behind it."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return pipe.getvalue()


def unfolded(
    content: bytes, *, limits: DecompressionLimits | None = None, shrank: bool = False
) -> list[tuple[Any, ...]]:
    """Name, bytes and break of each member."""
    found = []
    for name, pieces in read_members(ExhibitBytes(content, shrank), limits or DecompressionLimits()):
        read = list(pieces)
        codes = [piece for piece in read if isinstance(piece, RejectCode)]
        found.append((name, b"".join(piece for piece in read if isinstance(piece, bytes)), *codes))
    return found


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        GZIP,
        gzip.compress(TEXT[:999]) + gzip.compress(b"") + gzip.compress(TEXT[999:]) + bytes(512),
        bz2.compress(TEXT[:999]) + bz2.compress(TEXT[999:]),
        lzma.compress(TEXT),
        lzma.compress(GZIP),
    ],
    ids=["plain", "gzip", "gzip members and padding", "bzip2 streams", "xz", "gzip in xz"],
)
def test_compression_is_taken_off(content: bytes) -> None:
    assert unfolded(content) == [(None, TEXT)]


def test_members_of_archives_come_in_order_under_nested_names() -> None:
    inner = tar(("x\ny.log", TEXT), ("z.log", b""))
    outer = tar(("a.log", TEXT), ("b.log.gz", GZIP), ("in.tar", inner), ("c.zip", zipped(("d/e.log", TEXT))))
    names = ["a.log", "b.log.gz", "in.tar!x\\x0ay.log", "in.tar!z.log", "c.zip!d/e.log"]
    for content in (outer, gzip.compress(outer)):
        found = unfolded(content)
        assert [name for name, _ in found] == names
        assert [text for _, text in found] == [TEXT, TEXT, TEXT, b"", TEXT]


@pytest.mark.parametrize("size", [3, len(GZIP) // 2, len(GZIP) - 1])
def test_truncated_gzip_gives_all_before_the_break(size: int) -> None:
    ((_, text, code),) = unfolded(GZIP[:size])
    assert code is RejectCode.BROKEN_STREAM
    assert TEXT.startswith(text)
    assert (len(text) > 10_000) == (size > 3)


def test_false_trailer_loses_no_byte() -> None:
    assert unfolded(GZIP[:-8] + bytes(8)) == [(None, TEXT, RejectCode.BROKEN_STREAM)]


def test_junk_after_a_gzip_member_is_a_break() -> None:
    assert unfolded(GZIP + b"junk") == [(None, TEXT, RejectCode.BROKEN_STREAM)]


def test_truncated_tar_gives_all_before_the_break() -> None:
    content = tar(("a.log", TEXT), ("b.log", TEXT))
    cut = 1024 + len(TEXT) // 2
    assert unfolded(content[:cut]) == [("a.log", TEXT[: cut - 512], RejectCode.BROKEN_STREAM)]


def test_bomb_ends_at_the_limit() -> None:
    bomb = gzip.compress(bytes(1 << 22))
    for limits in (DecompressionLimits(decoded_bytes=1 << 20), DecompressionLimits(ratio=2, free_bytes=1 << 20)):
        ((_, text, code),) = unfolded(bomb, limits=limits)
        assert code is RejectCode.DECOMPRESSION_LIMIT
        assert len(text) <= 2 << 20


def test_layers_have_a_limit() -> None:
    content = TEXT
    for _ in range(5):
        content = gzip.compress(content)
    assert unfolded(content) == [(None, b"", RejectCode.DECOMPRESSION_LIMIT)]


def test_encrypted_member_is_a_break_of_its_own() -> None:
    content = bytearray(zipped(("a.log", TEXT), ("b.log", TEXT)))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert unfolded(bytes(content)) == [("a.log", b"", RejectCode.MEMBER_ENCRYPTED), ("b.log", TEXT)]


def test_names_of_all_kinds_are_read() -> None:
    long = "d" * 300 + "/a.log"
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        name = long if kind != tarfile.USTAR_FORMAT else "d" * 120 + "/a.log"
        content = tar((name, TEXT), ("b\udcff.log", b"x"), kind=kind)
        assert unfolded(content) == [(name, TEXT), ("b\\xff.log", b"x")]


def test_metadata_files_of_an_archive_are_no_members() -> None:
    content = tar(("__MACOSX/._a.log", TEXT), ("a.log", b"x"), ("._a.log", TEXT))
    assert unfolded(content) == [("a.log", b"x")]


def test_foreign_archive_is_no_plain_text() -> None:
    assert unfolded(b"Rar!\x1a\x07\x00" + TEXT) == [(None, b"", RejectCode.MEMBER_UNSUPPORTED)]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip_member_with_a_false_checksum_gives_its_bytes(method: int) -> None:
    content = bytearray(zipped(("a.log", TEXT), ("b.log", TEXT), method=method))
    content[content.index(b"PK\x01\x02") + 16] ^= 1
    assert unfolded(bytes(content)) == [("a.log", TEXT, RejectCode.BROKEN_STREAM), ("b.log", TEXT)]


@pytest.mark.parametrize("writer", [zipped, streamed])
def test_zip_without_its_directory_gives_all_before_the_break(writer: Callable[..., bytes]) -> None:
    broken = (None, b"", RejectCode.BROKEN_STREAM)
    content = writer(("a.log", TEXT), ("d/", b""), ("__MACOSX/._a.log", b"x"), ("b.log", TEXT))
    directory = content.index(b"PK\x01\x02")
    assert unfolded(content) == [("a.log", TEXT), ("b.log", TEXT)]
    # Directory cut off, half of it there, the record of its end overwritten, zeros behind as on a disk.
    for cut in (content[:directory], content[: directory + 60], content[:-9], content + bytes(512)):
        assert unfolded(cut) == [("a.log", TEXT), ("b.log", TEXT), broken]
    first, last, end = unfolded(content[: directory - 2000])
    assert (first, last[0], last[2], end) == (("a.log", TEXT), "b.log", RejectCode.BROKEN_STREAM, broken)
    assert 10_000 < len(last[1]) < len(TEXT)
    assert TEXT.startswith(last[1])


def test_zip_without_its_directory_keeps_to_the_limits() -> None:
    content = streamed(("a.log", bytes(1 << 22)), ("__MACOSX/._b.log", bytes(1 << 22)))[:-22]
    for decoded_bytes, names in ((1 << 20, ["a.log"]), (5 << 20, ["a.log", None])):
        found = unfolded(content, limits=DecompressionLimits(decoded_bytes=decoded_bytes))
        assert [name for name, *_ in found] == names
        assert found[-1][2] is RejectCode.DECOMPRESSION_LIMIT
    found = unfolded(
        streamed(*[(f"{number}.log", b"x") for number in range(5)])[:-22], limits=DecompressionLimits(members=2)
    )
    assert found[2:] == [("2.log", b"", RejectCode.DECOMPRESSION_LIMIT)]


def test_stored_member_that_says_its_length_behind_has_no_end_without_the_directory() -> None:
    content = streamed(("a.log", TEXT), ("b.log", TEXT), method=zipfile.ZIP_STORED)
    assert unfolded(content) == [("a.log", TEXT), ("b.log", TEXT)]
    unread = [("a.log", b"", RejectCode.MEMBER_UNSUPPORTED), (None, b"", RejectCode.BROKEN_STREAM)]
    assert unfolded(content[:-22]) == unread


def test_shrunken_input_ends_in_a_break() -> None:
    assert unfolded(TEXT, shrank=True) == [(None, TEXT, RejectCode.INPUT_SHRANK)]


def test_zstd_without_the_kernel_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="zstd") as raised:
        unfolded(b"\x28\xb5\x2f\xfd" + TEXT)
    assert "zstd -d" in str(raised.value.hint)
