"""Backups as officers make and restore them: by whose right, and told to the ledger."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.access import Action
from sightline.casework.acting import Clock, Desk, decided
from sightline.errors import DamagedInput, NotAllowed, OutputExists, StoreUnreachable, UsageError
from sightline.record import backup, backup_check, restore
from sightline.record.backup import Watch
from sightline.record.backup_manifest import Manifest
from sightline.record.ledger.append import Signer
from sightline.record.ledger.entry import Entry
from sightline.record.ledger.verbs import Verb
from sightline.record.restore import Place
from sightline.record.store.rows import LedgerRow, OfficerKey
from sightline.record.store.shelf import Shelves
from sightline.record.workspace import Workspace

TRIES = 3


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made, and the size of its file."""

    out: Path
    manifest: Manifest
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Told:
    """A backup as the ledger tells of it. `holds_purged`: something was purged since, and it still holds that."""

    digest: str
    at: datetime
    by: str
    entries: int
    size_bytes: int
    holds_purged: bool


def told(shelves: Shelves) -> list[Told]:
    """Every backup that was made, the newest first."""
    purge = shelves[LedgerRow].last("seq", verb=Verb.PURGE_DONE.value)
    found = []
    for row in shelves[LedgerRow].where(verb=Verb.BACKUP_MADE.value):
        entry = Entry.read(row.entry_json.encode())
        digest, facts = entry.thing.partition(":")[2], entry.facts
        is_behind = purge is not None and purge.seq > row.seq
        found.append(Told(digest, entry.at, entry.actor, int(facts["entries"]), int(facts["size_bytes"]), is_behind))
    return found[::-1]


def back_up(desk: Desk, out: Path, watch: Watch, *, overwrite: bool = False, incomplete: bool = False) -> BackedUp:
    """Write a backup of everything; the ledger tells of it by its digest. Others go on working meanwhile."""
    desk.require(Action.BACKUP, "workspace:all")
    _require_place(desk.workspace, out, overwrite=overwrite)
    for _ in range(TRIES):
        try:
            made = _try(desk, out, watch, incomplete=incomplete)
        except backup.PurgedMeanwhile:
            made = None
        if made is not None:
            return made
    raise StoreUnreachable("the record was purged each time while it was backed up", hint="run it again")


def _try(desk: Desk, out: Path, watch: Watch, *, incomplete: bool) -> BackedUp | None:
    """A backup; None where something was purged since it began: that must not stay in it."""
    by = desk.officer.officer_id
    with backup.backup(desk.workspace, out, by, desk.clock(), watch, incomplete=incomplete) as made:
        thing = f"backup:{made.manifest.digest}"
        with ExitStack() as on_failure:
            # A purge waits for this transaction, so that none comes between the look and the name.
            with desk.change(Action.BACKUP, thing) as change:
                if backup.purged_since(change.shelves, made.manifest.size):
                    return None
                facts = {"entries": made.manifest.size, "size_bytes": made.size_bytes}
                change.ledger.append(Verb.BACKUP_MADE, desk.signer, thing, facts=facts)
                made.publish()
                on_failure.callback(made.withdraw)
            on_failure.pop_all()
    return BackedUp(out, made.manifest, made.size_bytes)


def _require_place(workspace: Workspace, out: Path, *, overwrite: bool) -> None:
    if out.resolve().is_relative_to(workspace.folder.resolve()):
        raise UsageError(f"{out} lies in the workspace itself", hint="a backup belongs on another disk")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.absolute().parent}", hint="make the folder first")
    if out.exists() and not (overwrite and out.is_file()):
        raise OutputExists(f"{out} is there already", hint="--overwrite replaces it")


def restore_backup(
    file: Path, manifest: Manifest, place: Place, private: Ed25519PrivateKey, clock: Clock, watch: Watch
) -> Workspace:
    """Make the workspace of a checked backup, as an officer who may by the record in it. Raises NotAllowed."""

    def admit(shelves: Shelves) -> Signer:
        """The officer who restores, by the record as it was backed up. Raises NotAllowed."""
        signer = Signer("unknown", private)
        key = shelves[OfficerKey].get(signer.key_id)
        if key is None:
            raise NotAllowed(
                f"the key {signer.key_id} is no officer's of this backup", hint="use a key that the unit knew then"
            )
        signer = Signer(key.officer_id, private)
        decision = decided(shelves, signer, Action.BACKUP)
        if not decision.allowed:
            raise NotAllowed(f"you may not restore: {decision.reason}", hint="ask an officer whose duty it is")
        return signer

    return restore.restore(file, manifest, place, admit, clock(), watch)


def check_backup(file: Path, watch: Watch, digest: str | None = None) -> Manifest:
    """The manifest of a backup that is as it was made, and the one of that digest. Raises DamagedInput."""
    manifest = backup_check.checked(file, watch)
    if digest is not None and manifest.digest != digest.lower():
        what = f"{file} is not the backup {digest}: its manifest has the digest {manifest.digest}"
        raise DamagedInput(what, hint="the ledger names each backup: sightline ledger show --verb backup:made")
    return manifest
