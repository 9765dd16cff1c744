"""Encrypt backups to age recipients and decrypt them with an identity, as streams with constant memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import pyrage

from sightline.errors import DamagedInput, NotAllowed, UsageError

BEGIN = b"age-encryption.org/v1\n"
"""The first bytes of a file encrypted with age."""
Identity: TypeAlias = pyrage.x25519.Identity


def parse_recipient(text: str) -> pyrage.x25519.Recipient:
    """Parse an age recipient. Raises UsageError."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except (pyrage.RecipientError, ValueError):
        hint = "age-keygen -o FILE makes an identity, and prints its recipient: age1..."
        raise UsageError(f"{text} is not an age recipient", hint=hint) from None


def parse_identity(text: str) -> Identity:
    """Parse an age identity: the secret key itself, or the text of its file. Raises UsageError."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0] if len(lines) == 1 else "")
    except (pyrage.IdentityError, ValueError):
        raise UsageError("this is not a secret key of backups", hint="it begins with AGE-SECRET-KEY-1") from None


def is_encrypted(path: Path) -> bool:
    """Return whether a file is encrypted. Raises UsageError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(BEGIN)) == BEGIN
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give a file that sightline backup wrote") from None


@contextmanager
def encrypt_stream(out: BinaryIO, recipients: Sequence[str]) -> Iterator[BinaryIO]:
    """Yield a stream that encrypts to the recipients and writes to `out`. It is complete at the end."""
    to = [parse_recipient(recipient) for recipient in recipients]
    sink = _Sink(out.write)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb", buffering=0) as plain, os.fdopen(write_end, "wb", buffering=1 << 20) as stream:
        worker = _DecryptionThread(lambda: pyrage.encrypt_io(plain, sink, to), plain)
        try:
            with suppress(BrokenPipeError):
                yield stream
                stream.close()
        finally:
            with suppress(BrokenPipeError):
                stream.close()
            worker.join()
        if sink.failure is not None:
            raise sink.failure
        if worker.failure is not None:
            raise worker.failure


@contextmanager
def open_backup(path: Path, identities: Sequence[Identity]) -> Iterator[BinaryIO]:
    """Yield a backup's bytes, decrypted if needed. Reading reports altered or cut data.

    Raises UsageError for an encrypted one without an identity, NotAllowed if no identity opens it.
    """
    if not is_encrypted(path):
        with path.open("rb") as stream:
            yield stream
        return
    if not identities:
        raise UsageError(
            f"{path} is encrypted, and no identity was given",
            hint="--identity FILE: the age identity of one of its recipients",
        )
    read_end, write_end = os.pipe()
    with (
        path.open("rb") as sealed,
        os.fdopen(read_end, "rb", buffering=1 << 20) as plain,
        os.fdopen(write_end, "wb", buffering=0) as stream,
    ):
        sink = _Sink(lambda piece: _write_all(stream, piece))
        worker = _DecryptionThread(lambda: pyrage.decrypt_io(sealed, sink, list(identities)), stream)
        try:
            yield cast("BinaryIO", _Source(plain, worker, path))
        finally:
            plain.close()
            worker.join()


def _write_all(stream: BinaryIO, piece: bytes) -> int:
    left = memoryview(piece)
    while left:
        left = left[stream.write(left) :]
    return len(piece)


class _Sink:
    """The library's output. It keeps the error of a write, which the library would replace with its own message."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write
        self.failure: OSError | None = None

    def write(self, piece: bytes) -> int:
        try:
            return self._write(piece)
        except OSError as error:
            self.failure = error
            raise

    def flush(self) -> None:
        """Do nothing: there is no buffer."""


class _DecryptionThread:
    """The library in a thread of its own, which closes its end of the pipe when it is done."""

    def __init__(self, work: Callable[[], object], end: BinaryIO) -> None:
        self.failure: Exception | None = None
        self._work, self._end = work, end
        self._thread = threading.Thread(target=self._run, name="age", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread ends."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  - told by the thread that waits for it
            self.failure = error
        finally:
            with suppress(OSError):
                self._end.close()


class _Source:
    """The decrypted bytes of a backup. Its end is valid only if the library confirms it."""

    def __init__(self, plain: BinaryIO, worker: _DecryptionThread, path: Path) -> None:
        self._plain, self._worker, self._path = plain, worker, path

    def read(self, size: int) -> bytes:
        """Read up to that many bytes. Raises NotAllowed, and DamagedInput for altered or cut data."""
        result = self._plain.read(size)
        if len(result) < size:
            self._worker.join()
            if isinstance(self._worker.failure, pyrage.DecryptError):
                raise NotAllowed(
                    f"{self._path}: none of the identities opens it",
                    hint="--identity FILE of a recipient: sightline ledger show --verb backup:made names them",
                )
            if self._worker.failure is not None:
                raise DamagedInput(f"{self._path} was altered or cut off", hint="take another copy of the backup")
        return result
