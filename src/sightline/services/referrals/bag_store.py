"""Stored bags of incoming referrals: one file each, encrypted to its own identity, whose purge destroys the key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any
from zipfile import BadZipFile, ZipFile

import pyrage

from sightline.errors import DamagedInput, UsageError, name_output_on_error
from sightline.services.referrals import content
from sightline.storage.rows import Incoming
from sightline.workspace.workspace import Workspace

IN_MEMORY_BYTES = 64 << 20
"""Maximum size of a bag read in memory. A larger one is unpacked into the workspace meanwhile."""


def encrypt_bag(package: Path, identity: pyrage.x25519.Identity, out: Path) -> Path:
    """Write a bag encrypted to an identity, and return its path."""
    with name_output_on_error(out), package.open("rb") as plain, out.open("xb") as sealed:
        pyrage.encrypt_io(plain, sealed, [identity.to_public()])
    return out


def read_sheet(workspace: Workspace, row: Incoming, lead_id: str) -> str:
    """Return the sheet of a lead as its sender wrote it, with whole addresses."""
    with _open_bag(workspace, row) as bag:
        return bag.read(f"data/sheets/{lead_id}.txt").decode(errors="replace")


def read_bag(workspace: Workspace, row: Incoming) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Return a bag's description of itself, and its leads. Raises UsageError, DamagedInput."""
    with _open_bag(workspace, row) as bag:
        about: Mapping[str, Any] = json.loads(bag.read(f"data/{content.ABOUT}"))
        return about, [json.loads(line) for line in bag.read(f"data/{content.LEADS}").splitlines()]


@contextmanager
def _open_bag(workspace: Workspace, row: Incoming) -> Iterator[ZipFile]:
    """Open the bag of an incoming referral. Raises UsageError if it was purged, DamagedInput."""
    if row.identity is None:
        raise UsageError(f"{row.number} was purged: only that it was here is known")
    identity = pyrage.x25519.Identity.from_str(row.identity.decode())
    with (
        workspace.segments.open_local(row.file) as path,
        path.open("rb") as sealed,
        SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(workspace.folder)) as spooled_temporary_file,
    ):
        try:
            pyrage.decrypt_io(sealed, spooled_temporary_file, [identity])
            with ZipFile(spooled_temporary_file) as bag:
                yield bag
        except (pyrage.DecryptError, BadZipFile, OSError) as error:
            hint = "sightline verify names what is wrong; restore a backup"
            raise DamagedInput(f"the file of {row.number} was altered: {error}", hint=hint) from None
