"""The segment store: one interface for a folder of the workspace and for an S3 bucket.

A name is relative and plain (`RUN_ATTEMPT/000000.parquet`); nothing outside of the store can be named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightline.errors import UsageError

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_LONGEST_NAME = 800


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store: its name and its size."""

    name: str
    size_bytes: int


class Staging(Protocol):
    """Files of one prefix on their way into the store: written into `folder`, then published together."""

    @property
    def folder(self) -> Path:
        """Return the folder to write the files to. It has no subfolders."""

    def publish(self) -> tuple[StoredFile, ...]:
        """Publish the files and return them by name. They are durable once this returns."""


class SegmentStore(Protocol):
    """A store of files that are written once, whole, and read often.

    A refusal by a disk or server is raised at once as OutputUnwritable or StoreUnreachable. What may pass (no answer,
    too many requests) is retried for a while first.
    """

    @property
    def where(self) -> str:
        """Return the folder or URL for messages, without credentials."""

    def put(self, name: str, source: Path) -> None:
        """Copy a file into the store. The name holds either all of it, on disk, or the previous content."""

    def get(self, name: str, target: Path) -> None:
        """Copy a file out of the store, whole and on disk. Raises DamagedInput if the store has none of that name."""

    def open_local(self, name: str) -> AbstractContextManager[Path]:
        """Yield a local path of a file. Raises DamagedInput if the store has none of that name."""

    def delete(self, name: str) -> None:
        """Remove a file. A missing file has no effect."""

    def exists(self, name: str) -> bool:
        """Return whether the store has a file of that name."""

    def names(self, prefix: str = "") -> Iterator[StoredFile]:
        """Yield the files whose names begin with these folders, sorted by name."""

    def open_staging(self, prefix: str) -> AbstractContextManager[Staging]:
        """Yield a folder for files of this prefix. Files that were not published are removed at the end."""

    def clear(self, prefix: str) -> int:
        """Remove all files below a prefix, partly written ones too, and return their number."""


def check_name(name: str) -> str:
    """Return a valid name. Raises UsageError for `..`, absolute paths, hidden files and other than plain ASCII."""
    if len(name) > _LONGEST_NAME or not all(_PART.fullmatch(part) for part in name.split("/")):
        raise UsageError(
            f"{name!r} is not a valid name of a segment file",
            hint="letters, digits, '.', '_' and '-', in folders parted by '/', none of them beginning with '.' or '-'",
        )
    return name


def check_prefix(prefix: str) -> str:
    """Return a prefix without its last slash: empty, or a valid name."""
    bare = prefix.removesuffix("/")
    return check_name(bare) if bare else ""
