"""List the requested logs: files as named, folders as the files in them, oldest first; and what is left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from sightline.errors import SightlineError, UsageError
from sightline.model import SkipReason
from sightline.model.remote_path import RemotePath
from sightline.services.match.inputs import Checks, check_file
from sightline.services.match.outputs import choose_hits_path
from sightline.services.match.request import MatchRequest
from sightline.services.match.rotation import build_path_key
from sightline.stages.lists.compiled import is_compiled
from sightline.stages.lists.trust import derive_signature_path, read_signature_text, read_unverified

FileId: TypeAlias = tuple[int, int]
"""Device and inode, equal under every name of a file."""

MINISIGN = b"untrusted comment:"


@dataclass(frozen=True, slots=True)
class FolderLog:
    """One log to read. None is standard input. `is_named`: you named this file itself, not a folder with it."""

    path: Path | None
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of a folder that is not read, and why. `what` says it in words."""

    path: str
    why: SkipReason
    what: str


@dataclass(frozen=True, slots=True)
class GatheredLogs:
    """All logs in scan order, and what is left out of the folders."""

    logs: tuple[FolderLog, ...]
    left: tuple[SkippedFile, ...]


def gather_logs(request: MatchRequest, checks: Checks) -> GatheredLogs:
    """Return the files that the request means. Unreadable ones go to `checks` before anything is read."""
    own = _list_own_files(request)
    logs: list[FolderLog] = []
    left: list[SkippedFile] = []
    for path in request.logs:
        if path is None or not _is_folder(path):
            if path is not None:
                checks.run_check(partial(check_file, path, "a log"))
            logs.append(FolderLog(path))
            continue
        before = len(logs)
        if isinstance(path, RemotePath):
            checks.run_check(partial(_gather_objects, path, logs, left))
        else:
            _gather_files(path, own, checks, logs, left)
        if len(logs) == before and not checks.errors:
            checks.errors.append(
                UsageError(
                    f"{path}: there is no log in this folder",
                    hint="name a folder that holds logs, or the logs themselves",
                )
            )
    return GatheredLogs(tuple(logs), tuple(left))


def _gather_files(
    folder: Path,
    own: dict[FileId, tuple[SkipReason, str]],
    checks: Checks,
    logs: list[FolderLog],
    left: list[SkippedFile],
) -> None:
    for file in sorted(_walk_folder(folder, checks), key=lambda entry: build_path_key(_split_path(entry, folder))):
        why = checks.run_check(partial(_find_skip_reason, file, own))
        if why is None:
            logs.append(FolderLog(Path(file.path), is_named=False))
        else:
            left.append(SkippedFile(str(Path(file.path)), *why))


def _gather_objects(folder: RemotePath, logs: list[FolderLog], left: list[SkippedFile]) -> None:
    from sightline.services.match.object_folders import list_logs  # noqa: PLC0415  - few read from a store

    for found_object in list_logs(folder):
        if found_object.left_out is None:
            logs.append(FolderLog(found_object.path, is_named=False))
        else:
            left.append(SkippedFile(str(found_object.path), *found_object.left_out))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # An unreadable entry is reported like an unreadable file.
        return False


def _walk_folder(folder: Path, checks: Checks) -> Iterator[os.DirEntry[str]]:
    """Yield everything in the folder and below except folders. Links are not followed."""
    folders: list[str | Path] = [folder]
    while folders:
        below = folders.pop()
        try:
            with os.scandir(below) as entries:
                files = list(entries)
        except OSError as error:
            checks.errors.append(
                UsageError(f"{below}: {error.strerror}", hint="a folder is read completely or not at all")
            )
            continue
        for entry in files:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                yield entry


def _split_path(file: os.DirEntry[str], folder: Path) -> tuple[bytes, ...]:
    return tuple(map(os.fsencode, Path(file.path).relative_to(folder).parts))


def _find_skip_reason(
    file: os.DirEntry[str], own: dict[FileId, tuple[SkipReason, str]]
) -> tuple[SkipReason, str] | None:
    """Return why a file of a folder is no log, or None. Raises UsageError if it cannot be read."""
    if file.is_symlink():
        return SkipReason.SYMBOLIC_LINK, "a symbolic link, not followed"
    if not file.is_file(follow_symlinks=False):
        return SkipReason.NOT_A_FILE, "a device, a pipe or a socket"
    path = Path(file.path)
    try:
        status = file.stat(follow_symlinks=False)
        if reason := own.get((status.st_dev, status.st_ino)):
            return reason
        with path.open("rb") as stream:
            if is_compiled(stream):
                return SkipReason.FLAG_LIST, "a compiled flag list"
            is_minisign = stream.read(len(MINISIGN)) == MINISIGN
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="a folder is read completely or not at all") from None
    if is_minisign:
        return SkipReason.KEY_OR_SIGNATURE, "a key or a signature"
    return (SkipReason.FLAG_LIST, "a signed flag list") if _is_signed_list(path) else None


def _is_signed_list(path: Path) -> bool:
    """Return whether a signature beside the file has the comment of a flag list, not of a signed log."""
    try:
        minisig = read_signature_text(path)
        return minisig is not None and bool(read_unverified(minisig, str(path)))
    except (OSError, SightlineError):
        return False


def _list_own_files(request: MatchRequest) -> dict[FileId, tuple[SkipReason, str]]:
    """Return the files that the request names for another use than as logs."""
    outputs = (choose_hits_path(request.outputs), request.outputs.rejects, request.outputs.summary)
    named: list[tuple[Path | None, SkipReason, str]] = [
        *((path, SkipReason.OUTPUT, "an output of this run") for path in outputs),
        *((path, SkipReason.FLAG_LIST, "a flag list of this run") for path in request.lists),
        *((derive_signature_path(path), SkipReason.KEY_OR_SIGNATURE, "its signature") for path in request.lists),
        *((path, SkipReason.KEY_OR_SIGNATURE, "a key of this run") for path in (*request.trust, request.digest_key)),
    ]
    result: dict[FileId, tuple[SkipReason, str]] = {}
    for path, why, what in named:
        try:
            status = path.stat() if path else None
        except (OSError, ValueError):
            continue
        if status and stat.S_ISREG(status.st_mode):
            result[status.st_dev, status.st_ino] = (why, what)
    return result
