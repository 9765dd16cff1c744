"""Temporary folders for a bucket's files. They hold evidence in the clear, which no killed process may leave behind.

The process that creates a folder locks it. A folder with a free lock has no owner and is removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.errors import name_output_on_error

_PREFIX = "sightline-"


class Scratch:
    """A parent of temporary folders. Without one the system's is used, where nothing is removed for other processes."""

    def __init__(self, place: Path | None) -> None:
        self._place = place

    @contextmanager
    def open_folder(self) -> Iterator[Path]:
        """Yield an empty folder, readable by its owner only, and remove it afterwards."""
        with name_output_on_error(self._place or Path(tempfile.gettempdir())):
            path, lock = self._make_folder()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)

    def sweep(self) -> int:
        """Remove the folders that killed processes left and return their number."""
        if self._place is None or not self._place.is_dir():
            return 0
        with name_output_on_error(self._place), _lock_folder(self._place):
            return sum(_remove_unused(path) for path in self._place.glob(f"{_PREFIX}*"))

    def _make_folder(self) -> tuple[Path, int]:
        """A new folder and the lock on it, which no sweep comes between."""
        if self._place is None:
            path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            return path, os.open(path, os.O_RDONLY)
        self._place.mkdir(mode=0o700, exist_ok=True)
        with _lock_folder(self._place):
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._place))
            lock = os.open(path, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
        return path, lock


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_unused(folder: Path) -> bool:
    """Return whether it was nobody's, and is gone."""
    try:
        lock = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(lock)
