"""Store segment files in a folder of a disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import DamagedInput, UsageError, name_output_on_error, undo_on_failure
from sightline.storage.segments import StoredFile, check_name, check_prefix

SYNCED_AT_ONCE = 8
"""How many files are synced to disk at the same time. With fewer, one after the other is."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A segment store in one folder, which is created with the first file."""

    root: Path

    @property
    def where(self) -> str:
        """Return the folder's path."""
        return str(self.root)

    def put(self, name: str, source: Path) -> None:
        """Copy a file beside its name, then rename it. A file that exists already is only synced to disk."""
        target = self._locate_file(name)
        with name_output_on_error(target):
            if target.exists() and target.samefile(source):
                sync_file(target)
            else:
                _make(target.parent, self.root)
                copy_whole(source, target)
            _sync_up(target.parent, self.root)

    def get(self, name: str, target: Path) -> None:
        """Copy a file beside its target, then rename it."""
        with self.open_local(name) as source, name_output_on_error(target):
            copy_whole(source, target)

    @contextmanager
    def open_local(self, name: str) -> Iterator[Path]:
        """Yield the file itself."""
        path = self._locate_file(name)
        if not path.is_file():
            raise build_missing_file_error(name, self.where)
        yield path

    def delete(self, name: str) -> None:
        """Remove a file. A missing file has no effect."""
        path = self._locate_file(name)
        with name_output_on_error(path), suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def exists(self, name: str) -> bool:
        """Return whether the store has a file of that name."""
        return self._locate_file(name).is_file()

    def names(self, prefix: str = "") -> Iterator[StoredFile]:
        """Yield the files below a prefix, sorted by name, without partly written ones."""
        yield from sorted(self._list_files(prefix), key=lambda stored: stored.name)

    @contextmanager
    def open_staging(self, prefix: str) -> Iterator[FolderStaging]:
        """Yield the final folder of the files. Raises UsageError if it exists already."""
        folder = self._locate_file(prefix.removesuffix("/"))
        with name_output_on_error(folder):
            _make(folder.parent, self.root)
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                raise UsageError(
                    f"{folder} exists already", hint="a folder is written only once: choose another"
                ) from None
        staged = FolderStaging(folder, self)
        try:
            yield staged
        finally:
            if not staged.published:
                shutil.rmtree(folder, ignore_errors=True)

    def clear(self, prefix: str) -> int:
        """Remove the folder of a prefix and return the number of its files, partly written ones included."""
        folder = self._locate_file(prefix.removesuffix("/"))
        count = sum(path.is_file() for path in folder.rglob("*"))
        with name_output_on_error(folder), suppress(FileNotFoundError):
            shutil.rmtree(folder)
            sync_folder(folder.parent)
        return count

    def _locate_file(self, name: str) -> Path:
        return self.root / check_name(name)

    def _list_files(self, prefix: str) -> Iterator[StoredFile]:
        for path in (self.root / check_prefix(prefix)).rglob("*"):
            name = path.relative_to(self.root)
            if any(part.startswith(".") for part in name.parts):
                continue
            # Another process may remove a file meanwhile: a sweep, a purge.
            with suppress(FileNotFoundError):
                yield from _describe_file(path, name.as_posix())


class FolderStaging:
    """Files written directly to their final place. Publishing them makes sure that they are on disk."""

    def __init__(self, folder: Path, store: FolderStore) -> None:
        self.folder, self._store, self.published = folder, store, False

    def publish(self) -> tuple[StoredFile, ...]:
        """Return when all files and their folders are on disk."""
        with name_output_on_error(self.folder):
            _sync_files(list(self.folder.iterdir()))
            _sync_up(self.folder, self._store.root)
        self.published = True
        return tuple(self._store.names(self.folder.relative_to(self._store.root).as_posix()))


def build_missing_file_error(name: str, where: str) -> DamagedInput:
    """Return the error for a missing file of the store."""
    return DamagedInput(f"the stored file {name} is not in {where}", hint="restore it from a backup")


def copy_whole(source: Path, target: Path) -> None:
    """Copy under a temporary name, sync to disk, then rename: the target is either complete or unchanged."""
    with source.open("rb") as stream, write_whole(target) as partial, partial.open("wb") as written:
        shutil.copyfileobj(stream, written, 1 << 20)


@contextmanager
def write_whole(target: Path) -> Iterator[Path]:
    """Yield a temporary file that replaces the target once it is on disk. Any failure removes it."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".partial", dir=target.parent)
    os.close(handle)
    partial = Path(name)
    with undo_on_failure(lambda: partial.unlink(missing_ok=True)):
        yield partial
        sync_file(partial)
        partial.replace(target)
    sync_folder(target.parent)


def sync_file(path: Path) -> None:
    """Return when the file's bytes are on disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_files(paths: Sequence[Path]) -> None:
    """Return when all files are on disk. A disk that is asked for many at once needs less time for each."""
    if len(paths) < SYNCED_AT_ONCE:
        for path in paths:
            sync_file(path)
        return
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        for _ in pool.map(sync_file, paths):
            pass


def sync_folder(path: Path) -> None:
    """Return when the folder's names are on disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make(folder: Path, root: Path) -> None:
    """Make the folder and what is missing above it, for its owner only."""
    for path in (*reversed(folder.parents), folder):
        if path == root or root in path.parents:
            path.mkdir(mode=0o700, exist_ok=True, parents=path == root)


def _sync_up(folder: Path, root: Path) -> None:
    for path in (folder, *folder.parents):
        sync_folder(path)
        if path == root:
            break


def _describe_file(path: Path, name: str) -> Iterator[StoredFile]:
    if path.is_file():
        yield StoredFile(name, path.stat().st_size)
