"""Unpack the truth of a world from a ZIP file: `world.toml` and `answers`, and nothing else."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sightline.errors import UNWRITABLE, OutputUnwritable, UsageError
from sightline.exercise import manifest

MOST_BYTES = 1 << 30
MOST_FILES = 10_000
ANSWERS = "answers"
ENDINGS = frozenset({".parquet", ".json"})
PIECE = 1 << 20
MOST_PARTS = 8
"""Maximum depth of folders in a truth's paths."""
LONGEST_NAME_BYTES = 200
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""Errors for a ZIP file that is truncated, altered, encrypted, or of an unknown compression."""
HINT = "zip -r truth.zip world.toml answers, in the folder of the world"


def unpack_truth(file: BinaryIO, folder: Path) -> None:
    """Write the truth of a world into a folder. Raises UsageError for a file that holds none, or too much.

    Raises OutputUnwritable if the disk is full.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            _unpack_all(packed, folder)
    except UNREADABLE as error:
        raise UsageError(
            f"this is not a ZIP file that can be read: {error or type(error).__name__}", hint=HINT
        ) from None
    except OSError as error:
        # bzip2 says of its damage that it is an OSError; so does the system of names that are file and folder at once.
        if error.errno in UNWRITABLE and error.errno != errno.EPERM:
            raise OutputUnwritable(folder, error) from None
        raise UsageError(f"this is not a ZIP file that can be read: {error.strerror or error}", hint=HINT) from None


def _unpack_all(packed: zipfile.ZipFile, folder: Path) -> None:
    members = packed.infolist()
    if len(members) > MOST_FILES:
        raise UsageError(f"the ZIP file holds over {MOST_FILES:,} files", hint=HINT)
    files = [(PurePosixPath(member.filename), member) for member in members if not member.is_dir()]
    root = _find_root([path for path, _ in files])
    paths = [
        (path.relative_to(root), member)
        for path, member in files
        if path.is_relative_to(root) and _is_wanted(path.relative_to(root))
    ]
    _require_apart([path for path, _ in paths])
    left = MOST_BYTES
    for path, one in paths:
        left = _write_member(packed, one, folder / path, left)


def _require_apart(paths: list[PurePosixPath]) -> None:
    """Raise UsageError for a path that stands there twice, is file and folder at once, or is too long."""
    known, above = set(paths), {parent for path in paths for parent in path.parents}
    if len(known) < len(paths) or known & above:
        raise UsageError("the ZIP file holds several files under one name", hint=HINT)
    if any(len(path.parts) > MOST_PARTS for path in paths) or any(
        len(part.encode(errors="replace")) > LONGEST_NAME_BYTES for path in paths for part in path.parts
    ):
        raise UsageError("the ZIP file holds names that are too long", hint=HINT)


def _find_root(paths: list[PurePosixPath]) -> PurePosixPath:
    """The folder in which the world lies: that of the `world.toml` that is nearest to the top."""
    result = sorted((path for path in paths if path.name == manifest.NAME), key=lambda one: len(one.parts))
    if not result:
        raise UsageError(f"the ZIP file holds no {manifest.NAME}", hint=HINT)
    return result[0].parent


def _is_wanted(path: PurePosixPath) -> bool:
    """Return whether a file is of the truth; a path that leads elsewhere is of none."""
    if ".." in path.parts or path.is_absolute() or "\\" in str(path) or "\0" in str(path):
        return False
    return str(path) == manifest.NAME or (path.parts[0] == ANSWERS and path.suffix in ENDINGS)


def _write_member(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one file; how many bytes may follow. By what comes out, not by what the ZIP file says of itself."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as stream, target.open("wb") as out:
        while piece := stream.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise UsageError("the ZIP file holds too much", hint=HINT)
            out.write(piece)
    return left
