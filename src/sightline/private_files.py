"""Files that hold a secret: read only where nobody but the user of this process can read or write them."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from sightline.errors import NotAllowed

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_private_file(path: Path, limit_bytes: int, marker: bytes = b"") -> bytes:
    """Return the first `limit_bytes` and one more byte of a secret's file.

    Raises NotAllowed for a file that others can read or write, or that another user owns; OSError as `open` does. A
    file without `marker` holds no secret: what it is instead is for the caller to say.
    """
    with path.open("rb") as stream:
        raw = stream.read(limit_bytes + 1)
        if marker in raw:
            _require_own(path, os.fstat(stream.fileno()))
        return raw


def require_private_file(path: Path) -> None:
    """Raise NotAllowed for a secret's file that others can read or write, or that another user owns."""
    _require_own(path, path.stat())


def require_server_key(path: Path) -> None:
    """Raise NotAllowed for a TLS server's key that others can read.

    A key of root may be readable for one group, in which the user of the server is: so are certificates installed.
    """
    state = path.stat()
    if state.st_uid != 0 or state.st_mode & (OTHERS & ~stat.S_IRGRP):
        _require_own(path, state)


def write_private_file(path: Path, content: bytes) -> None:
    """Write a new secret's file that only this user can read. Raises FileExistsError for one that is there."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _require_own(path: Path, state: os.stat_result) -> None:
    name = shlex.quote(str(path))
    if state.st_uid != os.geteuid():
        raise NotAllowed(
            f"{path} holds a secret, and belongs to another user (number {state.st_uid})",
            hint=f"run this as that user; or, if it is yours: chown {os.geteuid()} {name} && chmod 600 {name}",
        )
    # A terminal or another device has no rights of its own that would say who sees what comes through it.
    if not stat.S_ISCHR(state.st_mode) and state.st_mode & OTHERS:
        raise NotAllowed(
            f"{path} holds a secret, and others than its owner can read or write it"
            f" (mode {stat.S_IMODE(state.st_mode):04o})",
            hint=f"chmod 600 {name}; make a new one if somebody may have read it (a drive that keeps no rights, such as"
            " FAT, is to be mounted with umask=077)",
        )
