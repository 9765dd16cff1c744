"""The truth of a world from a ZIP file: `world.toml` and what lies under `answers`, and nothing else of it."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sightline.errors import UsageError
from sightline.exercise import manifest

MOST_BYTES = 1 << 30
MOST_FILES = 10_000
ANSWERS = "answers"
ENDINGS = frozenset({".parquet", ".json"})
PIECE = 1 << 20
HINT = "zip -r truth.zip world.toml answers, in the folder of the world"


def unpack(file: BinaryIO, folder: Path) -> None:
    """Write the truth of a world into a folder. Raises UsageError for a file that holds none, or too much."""
    try:
        with zipfile.ZipFile(file) as packed:
            _all(packed, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as why:
        raise UsageError(f"this is no ZIP file that can be read: {why}", hint=HINT) from None


def _all(packed: zipfile.ZipFile, folder: Path) -> None:
    members = packed.infolist()
    if len(members) > MOST_FILES:
        raise UsageError(f"the ZIP file holds over {MOST_FILES:,} files", hint=HINT)
    root = _root([PurePosixPath(one.filename) for one in members])
    left = MOST_BYTES
    for one in members:
        path = PurePosixPath(one.filename)
        if one.is_dir() or not path.is_relative_to(root) or not _is_wanted(path.relative_to(root)):
            continue
        left = _one(packed, one, folder / path.relative_to(root), left)


def _root(paths: list[PurePosixPath]) -> PurePosixPath:
    """The folder in which the world lies: that of the `world.toml` that is nearest to the top."""
    found = sorted((one for one in paths if one.name == manifest.NAME), key=lambda one: len(one.parts))
    if not found:
        raise UsageError(f"the ZIP file holds no {manifest.NAME}", hint=HINT)
    return found[0].parent


def _is_wanted(path: PurePosixPath) -> bool:
    """Whether a file is of the truth; a path that leads elsewhere is of none."""
    if ".." in path.parts or path.is_absolute() or "\\" in str(path) or "\0" in str(path):
        return False
    return str(path) == manifest.NAME or (path.parts[0] == ANSWERS and path.suffix in ENDINGS)


def _one(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one file; how many bytes may follow. By what comes out, not by what the ZIP file says of itself."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as stream, target.open("wb") as out:
        while piece := stream.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise UsageError("the ZIP file holds too much", hint=HINT)
            out.write(piece)
    return left
