"""Verify every byte of a backup before a restore."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sightline.errors import DamagedInput, SightlineError, UsageError
from sightline.ledger.append import Signer
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.entry import WORKSPACE
from sightline.model.progress import Progress
from sightline.workspace import backup_manifest, keys
from sightline.workspace.backup_manifest import NAME, SIGNATURE, Manifest
from sightline.workspace.backup_tar import HINT, read_parts
from sightline.workspace.encryption import Identity, open_backup
from sightline.workspace.workspace import LOG_KEY


def check_backup(file: Path, progress: Progress, identities: Sequence[Identity] = ()) -> Manifest:
    """Return the manifest of a backup after every byte of it was verified.

    Raises DamagedInput, which names the member, and the errors of `encryption.open_backup` for an encrypted one.
    """
    seen: dict[str, str] = {}
    last: dict[str, bytes] = {}
    whole, done = _measure_size(file), 0
    with open_backup(file, identities) as stream:
        for part in read_parts(stream, file):
            digest = hashlib.sha256()
            for piece in part.pieces:
                digest.update(piece)
                done += len(piece)
                progress(done, whole, len(seen))
                if part.name in {NAME, SIGNATURE, f"workspace/{LOG_KEY}"}:
                    last[part.name] = last.get(part.name, b"") + piece
            if part.name in seen:
                raise DamagedInput(f"{file}: {part.name} is in it twice", hint=HINT)
            seen[part.name] = digest.hexdigest()
    return _require_whole(file, seen, last)


def _require_whole(file: Path, seen: dict[str, str], last: dict[str, bytes]) -> Manifest:
    """The manifest, if it is of exactly what is there."""
    if list(seen)[-2:] != [NAME, SIGNATURE]:
        raise DamagedInput(f"{file}: {NAME} or its signature is not at its end", hint=HINT)
    try:
        manifest = backup_manifest.read(last[NAME])
    except WrongEncoding as error:
        raise DamagedInput(f"{file}: {NAME}: {error}", hint=HINT) from None
    for member in manifest.members:
        if seen.get(member.name) != member.sha256:
            what = "was altered" if member.name in seen else "is missing"
            raise DamagedInput(f"{file}: {member.name} {what}", hint=HINT)
    if [*(backup_member.name for backup_member in manifest.members), NAME, SIGNATURE] != list(seen):
        raise DamagedInput(f"{file}: it holds files that its manifest does not name, or in another order", hint=HINT)
    if not manifest.is_signed(last[SIGNATURE], _read_log_key(last.get(f"workspace/{LOG_KEY}", b""), file).public):
        raise DamagedInput(f"{file}: {SIGNATURE} is not that of its own key", hint=HINT)
    return manifest


def _read_log_key(text: bytes, file: Path) -> Signer:
    try:
        return Signer(WORKSPACE, keys.read_private_text(text, Path(LOG_KEY), None))
    except SightlineError:
        raise DamagedInput(f"{file}: workspace/{LOG_KEY} is not a key", hint=HINT) from None


def _measure_size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", hint="give a file that sightline backup wrote") from None
