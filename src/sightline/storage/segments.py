"""Where segment files lie: in a folder of the workspace, or in a bucket that speaks S3. The same calls for both.

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
from sightline.storage.bucket_address import address

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_LONGEST_NAME = 800


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the store: its name and its size."""

    name: str
    size_bytes: int


class Staging(Protocol):
    """Files of one prefix on their way into the store: written into `folder`, then published together."""

    @property
    def folder(self) -> Path:
        """Where to write the files; no folders in it."""

    def publish(self) -> tuple[Stored, ...]:
        """What is in the store now, by name: all of it there to stay, once this returns."""


class SegmentStore(Protocol):
    """Files that are written once, whole, and read often.

    What a disk or a server refuses is raised at once as OutputUnwritable or StoreUnreachable; what may pass (no
    answer, too many requests) is tried again for a while first.
    """

    @property
    def where(self) -> str:
        """The folder or URL, as messages name it; it holds no credentials."""

    def put(self, name: str, source: Path) -> None:
        """Copy a file into the store: under its name there is all of it, on disk, or what was there before."""

    def get(self, name: str, target: Path) -> None:
        """Copy a file out of the store, whole and on disk. Raises DamagedInput if the store has none of that name."""

    def local_path(self, name: str) -> AbstractContextManager[Path]:
        """A file to read while inside. Raises DamagedInput if the store has none of that name."""

    def delete(self, name: str) -> None:
        """Remove a file; nothing, if there is none."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""

    def names(self, prefix: str = "") -> Iterator[Stored]:
        """Yield the files whose names begin with these folders, sorted by name."""

    def staging(self, prefix: str) -> AbstractContextManager[Staging]:
        """A folder to write files of this prefix into. What was not published when it is left is removed."""

    def clear(self, prefix: str) -> int:
        """Remove all files below a prefix, half-written ones too; how many there were."""


def segment_store(where: str | Path, *, scratch: Path | None = None) -> SegmentStore:
    """The store at a folder or `s3://` URL (see `bucket_address`); nothing is opened or made yet.

    `scratch` is where a bucket's files lie while they are written or read (default: the system's temporary folder).
    Raises UsageError for a URL that is none of ours, or that holds credentials.
    """
    text = str(where)
    if text.startswith("s3://"):
        from sightline.storage.bucket import S3Store  # noqa: PLC0415  - it loads obstore, which few need

        return S3Store(address(text), scratch)
    if "://" in text:
        scheme = text.partition("://")[0]
        raise UsageError(f"segments cannot lie at {scheme}://", hint="give a folder, or s3://BUCKET/PREFIX")
    from sightline.storage.folder import FolderStore  # noqa: PLC0415  - it needs what stands here

    return FolderStore(Path(where))


def checked_name(name: str) -> str:
    """The name, if it is one. Raises UsageError for `..`, absolute paths, hidden files and other than plain ASCII."""
    if len(name) > _LONGEST_NAME or not all(_PART.fullmatch(part) for part in name.split("/")):
        raise UsageError(
            f"{name!r} is no name of a segment file",
            hint="letters, digits, '.', '_' and '-', in folders parted by '/', none of them beginning with '.' or '-'",
        )
    return name


def checked_prefix(prefix: str) -> str:
    """The prefix without its last slash: no folder at all, or a name."""
    bare = prefix.removesuffix("/")
    return checked_name(bare) if bare else ""
