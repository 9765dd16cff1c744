"""Checks of the workspace's folder: its permissions, and its ledger's key."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

from sightline.errors import NotAllowed, SightlineError
from sightline.message_text import count_noun
from sightline.services.doctor.check import Check, report_ok, report_problem
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import CONFIG, FOLDERS, LOG_KEY, Workspace

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_permissions(folder: Path) -> list[Check]:
    """Check who besides its owner can read what."""
    checks = list(_open_to_others(folder))
    owners = {os.lstat(path).st_uid for path in (folder, *folder.iterdir())}
    if len(owners) > 1:
        advice = f"chown -R OWNER {folder}: the owner of a file can change it"
        checks.append(report_problem("folder", f"files of {len(owners)} users lie in it", advice))
    return checks or [report_ok("folder", "only its owner can reach it")]


def _open_to_others(folder: Path) -> Iterator[Check]:
    places = [folder, *(one for name in FOLDERS if (one := folder / name).is_symlink())]
    for place in places:
        mode = place.stat().st_mode
        if mode & OTHERS:
            count = sum(1 for _ in _list_exposed_files(place)) if mode & (stat.S_IXGRP | stat.S_IXOTH) else 0
            what = (
                f"{place} is open to others than its owner ("
                f"{stat.filemode(mode)}); they can read {count_noun(count, 'file')}"
            )
            yield report_problem("folder", what, f"chmod 700 {place}")
    for name in (LOG_KEY, CONFIG):
        path = folder / name
        is_secret = name == LOG_KEY or "database" in _read_config(path)
        if is_secret and path.exists() and path.stat().st_mode & OTHERS:
            yield report_problem("folder", f"{path} holds a secret and is open to others", f"chmod 600 {path}")


def _list_exposed_files(folder: Path) -> Iterator[Path]:
    """The files that another can read, by way of folders that another can pass through."""
    for path in folder.iterdir():
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode) and mode & (stat.S_IXGRP | stat.S_IXOTH):
            yield from _list_exposed_files(path)
        elif stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
            yield path


def _read_config(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def check_log_key(workspace: Workspace, tables: Tables) -> Check:
    """Check that the key that signs checkpoints is the one that the ledger began with."""
    row = tables[WorkspaceRow].get(workspace.workspace_id)
    advice = f"restore {workspace.folder / LOG_KEY} from a backup: without it no checkpoint can be signed"
    try:
        public = workspace.log_signer().public
    except SightlineError as error:
        return report_problem(
            "key",
            f"the key that signs checkpoints cannot be read: {error}",
            error.hint if isinstance(error, NotAllowed) and error.hint else advice,
        )
    if row is None or row.log_key != public:
        return report_problem("key", "the key that signs checkpoints is not the one of this ledger", advice)
    return report_ok("key", "the key that signs checkpoints is the ledger's")
