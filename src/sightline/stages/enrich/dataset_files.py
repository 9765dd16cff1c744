"""Iterate over the files of a folder, an archive or a compressed file, in the order of their names."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, cast

from sightline.errors import DamagedInput
from sightline.stages.enrich.reader import FilePreview


def _open_gzip(raw: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(raw))


def _open_xz(raw: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", lzma.open(raw))


def _open_bz2(raw: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", bz2.open(raw))


MOST_BYTES = 64 << 20
"""The maximum size of a snapshot; a real one has under 20 MB."""
MOST_IN_ALL = 32 << 30
MOST_PREVIEWED = 16
"""Members of a tar among which its database is looked for, beside licence and read-me."""
DATABASE_NAME = ".mmdb"
HEAD_BYTES, TAIL_BYTES = 4096, 128 << 10
OPEN: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": _open_gzip,
    b"\xfd7zXZ": _open_xz,
    b"BZh": _open_bz2,
}


def read_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file in a folder, of a tar, or of the file itself. Raises DamagedInput."""
    paths = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    left = MOST_IN_ALL
    for each in paths:
        try:
            for name, content in _read_members(each):
                left -= len(content)
                if left < 0:
                    raise _build_damage_error(each, f"it holds over {MOST_IN_ALL >> 30} GiB")
                yield name, content
        except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError) as error:
            raise _build_damage_error(each, str(error)) from None
        except gzip.BadGzipFile as error:
            raise _build_damage_error(each, str(error)) from None


def preview_file(path: Path) -> FilePreview:
    """Return the first decompressed bytes of the first file, and the last bytes of a file."""
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if each.is_file():
            with each.open("rb") as stream:
                stream.seek(max(0, each.stat().st_size - TAIL_BYTES))
                tail = stream.read()
            try:
                return _read_preview(each, tail)
            except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, gzip.BadGzipFile) as error:
                raise _build_damage_error(each, str(error)) from None
    return FilePreview(path.name, b"", b"")


def _read_preview(path: Path, tail: bytes) -> FilePreview:
    """Return the beginning of a file: of a tar that of the database in it, else that of its first member."""
    first: FilePreview | None = None
    for name, content in islice(_read_members(path, most=HEAD_BYTES), MOST_PREVIEWED):
        if name.lower().endswith(DATABASE_NAME) and _is_tar(path):
            return FilePreview(name, content, tail)
        first = first or FilePreview(path.name, content, tail)
    return first or FilePreview(path.name, b"", tail)


def extract_database(path: Path, most: int) -> bytes | None:
    """Return the bytes of the one `.mmdb` file in a tar, at most `most` and one more; None for another kind of file.

    Makers pack a database with its licence. Raises DamagedInput if there are several, or none.
    """
    if not _is_tar(path):
        return None
    result = list(islice(_read_members(path, most=most + 1, ending=DATABASE_NAME), 2))
    if len(result) != 1:
        count = "several databases" if result else "no database"
        raise DamagedInput(f"{path.name} has {count} in it", hint="unpack it, and import each .mmdb file by itself")
    return result[0][1]


def _read_members(path: Path, most: int | None = None, ending: str = "") -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as raw:
        begin = raw.read(6)
        raw.seek(0)
        how = next((how for magic, how in OPEN.items() if begin.startswith(magic)), None)
        stream = how(raw) if how else raw
        if not _is_tar(path):
            yield path.name, _read(stream, path, most)
            return
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                is_wanted = member.isreg() and member.name.lower().endswith(ending)
                inner = archive.extractfile(member) if is_wanted else None
                if inner is not None:
                    yield member.name, _read(inner, path, most)


def _is_tar(path: Path) -> bool:
    return ".tar" in path.suffixes[-2:] or path.suffix in {".tgz", ".txz"}


def _read(stream: IO[bytes], path: Path, most: int | None) -> bytes:
    content = stream.read(most or MOST_BYTES + 1)
    if most is None and len(content) > MOST_BYTES:
        raise _build_damage_error(path, f"a snapshot of over {MOST_BYTES >> 20} MiB")
    return content


def _build_damage_error(path: Path, what: str) -> DamagedInput:
    return DamagedInput(f"{path}: {what}", hint="get it again from where it came from")
