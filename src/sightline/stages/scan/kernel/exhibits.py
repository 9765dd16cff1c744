"""The kernel's reading of an exhibit before a scan: its head, its members, its digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import (
    UsageError,
)
from sightline.model.remote_path import RemotePath, RemoteReader
from sightline.stages.scan.engine_output import MemberHead
from sightline.stages.scan.kernel.errors import map_kernel_errors
from sightline.stages.scan.options import DecompressionLimits

if TYPE_CHECKING:
    pass


def read_head(path: Path | None, stdin_head: bytes, limits: DecompressionLimits, length: int) -> tuple[bytes, bool]:
    """Return the first decoded bytes of an exhibit's first member, and whether they are all of it."""
    from sightline import _kernel  # noqa: PLC0415

    place = choose_place(path)
    with map_kernel_errors(), raise_remote_failures(place):
        return _kernel.head(place, stdin_head, convert_limits(limits), length)


def read_member_heads(
    path: Path | None, stdin_head: bytes, limits: DecompressionLimits, length: int, tail_length: int = 0
) -> Iterator[MemberHead]:
    """Yield the members of an exhibit by their first decoded bytes, and their last ones if they are wanted."""
    from sightline import _kernel  # noqa: PLC0415

    place = choose_place(path)
    with map_kernel_errors(), raise_remote_failures(place):
        opened = _kernel.Members(place, stdin_head, convert_limits(limits))
    while True:
        with raise_remote_failures(place):
            result = opened.next(length, tail_length)
        if result is None:
            return
        yield MemberHead(*result)


def hash_files(paths: Sequence[Path], threads: int) -> list[str]:
    """Return the SHA-256 of each file, in hex, computed by that many threads.

    Raises DamagedInput for an unreadable one.
    """
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors():
        return _kernel.file_sha256(paths, threads)


def choose_place(path: Path | None) -> Path | RemoteReader | None:
    """Return what the kernel reads an exhibit from. Raises UsageError if it is too old for remote ones."""
    if not isinstance(path, RemotePath):
        return path
    from sightline import _kernel  # noqa: PLC0415

    if not hasattr(_kernel, "READS_REMOTE"):
        raise UsageError(f"{path}: this kernel is too old to read it", hint="build it again: make build")
    return path.open_reader()


@contextmanager
def raise_remote_failures(*places: Path | RemoteReader | None) -> Iterator[None]:
    """Raise what ended a remote reading. The kernel itself only knows that it ended."""

    def check() -> None:
        for place in places:
            failure = getattr(place, "failure", None)
            if failure is not None:
                raise failure from None

    try:
        yield
    except Exception:
        # A failed read of a remote store is the cause of whatever the kernel reported.
        check()
        raise
    check()


def convert_limits(limits: DecompressionLimits) -> tuple[int, int]:
    """Return limits as the kernel takes them: the ratio and the size in bytes."""
    return limits.ratio, limits.decoded_bytes
