"""Make and restore backups as an officer, with permission and a ledger entry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.input_checks import require_reason, require_words
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import Clock, OfficerSession, decide
from sightline.errors import DamagedInput, NotAllowed, OutputExists, StoreUnreachable, UsageError
from sightline.ledger.append import Signer
from sightline.ledger.entry import Entry
from sightline.ledger.verbs import Verb
from sightline.model.progress import Progress
from sightline.storage.rows import Approval, BackupRecipient, LedgerRow, Officer, OfficerKey
from sightline.storage.table import Tables
from sightline.workspace import backup, backup_check, restore
from sightline.workspace.backup_manifest import Manifest
from sightline.workspace.encryption import Identity, parse_recipient
from sightline.workspace.restore import RestoreTarget
from sightline.workspace.unit_keys import derive_unit_recipient
from sightline.workspace.workspace import Change, Workspace

TRIES = 3
NOBODY = "nobody"
"""The ledger's text for the recipients of a backup without encryption."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made, the size of its file, and the recipients it is encrypted to."""

    out: Path
    manifest: Manifest
    size_bytes: int
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """A backup in the ledger. `holds_purged`: it still contains something that was purged since.

    Versions that did not record encryption did not encrypt.
    """

    digest: str
    at: datetime
    by: str
    entries: int
    size_bytes: int
    holds_purged: bool
    is_encrypted: bool


def list_backups(tables: Tables) -> list[BackupRecord]:
    """Return every backup that was made, newest first."""
    purge = tables[LedgerRow].find_last("seq", verb=Verb.PURGE_DONE.value)
    backup_records = []
    for row in tables[LedgerRow].select(verb=Verb.BACKUP_MADE.value):
        entry = Entry.read(row.entry_json.encode())
        digest, facts = entry.thing.partition(":")[2], entry.facts
        is_behind = purge is not None and purge.seq > row.seq
        backup_records.append(
            BackupRecord(
                digest,
                entry.at,
                entry.actor,
                int(facts["entries"]),
                int(facts["size_bytes"]),
                is_behind,
                facts.get("recipients", NOBODY) != NOBODY,
            )
        )
    return backup_records[::-1]


def list_recipients(tables: Tables) -> list[BackupRecipient]:
    """Return the default recipients of backups."""
    return tables[BackupRecipient].select(removed_at_us=None)


def add_recipient(officer_session: OfficerSession, text: str, name: str) -> BackupRecipient | Approval:
    """Ask that backups be encrypted to an age recipient. Takes effect when another officer approves.

    `name`: who holds its identity. The only officer of a unit adds it at once. Raises UsageError.
    """
    with officer_session.change(Action.BACKUP_RECIPIENT, "workspace:all") as change:
        _require_other(officer_session.workspace, text)
        if is_lone_unit(change.tables):
            return add_lone_recipient(change, text, name)
        _require_no_recipient(change.tables, text)
        request = {"recipient": text, "name": require_words(name, "--name")}
        return approvals.ask(change, Action.BACKUP_RECIPIENT, f"backup-recipient:{text}", request, request["name"])


def add_lone_recipient(change: Change, text: str, name: str) -> BackupRecipient:
    """Add a recipient as the only officer of a unit; the entry says so. Raises UsageError."""
    return _write_recipient(change, text, name, change.signer.officer_id, officers=1)


def add_approved_recipient(change: Change, approval: Approval) -> BackupRecipient:
    """Add the recipient that an approval names. Raises UsageError."""
    request = json.loads(approval.request_json)
    recipient, name = request["recipient"], request["name"]
    return _write_recipient(change, recipient, name, approval.asked_by, approval=approval.approval_id)


def is_lone_unit(tables: Tables) -> bool:
    """Return whether only one officer was ever enrolled, so that nobody could approve anything."""
    return len(tables[Officer].select()) == 1


def list_asked_recipients(tables: Tables, now_us: int) -> list[Approval]:
    """Return the requests for a recipient that wait for another officer, oldest first."""
    pending_approvals = approvals.list_waiting(tables, now_us)
    return [approval for approval in pending_approvals if approval.action == Action.BACKUP_RECIPIENT]


def _write_recipient(change: Change, text: str, name: str, by: str, **facts: str | int) -> BackupRecipient:
    is_new = _require_no_recipient(change.tables, text)
    made = BackupRecipient(text, require_words(name, "--name"), change.now_us, by)
    if is_new:
        change.add(Verb.BACKUP_RECIPIENT_ADDED, made, **facts)
    else:
        change.put(Verb.BACKUP_RECIPIENT_ADDED, made, why=None, **facts)
    return made


def _require_no_recipient(tables: Tables, text: str) -> bool:
    """Raise UsageError for a recipient of backups. Return whether it never was one."""
    backup_recipient = tables[BackupRecipient].get(text)
    if backup_recipient is not None and backup_recipient.removed_at_us is None:
        raise UsageError(f"{text} is a recipient already", hint="sightline backup list-recipients")
    return backup_recipient is None


def remove_recipient(officer_session: OfficerSession, text: str, why: str) -> BackupRecipient:
    """Stop encrypting backups to a recipient. It can still open earlier ones. Raises UsageError."""
    with officer_session.change(Action.BACKUP, "workspace:all") as change:
        backup_recipient = change.tables[BackupRecipient].get(text)
        if backup_recipient is None or backup_recipient.removed_at_us is not None:
            raise UsageError(f"{text} is not a recipient of backups", hint="sightline backup list-recipients")
        over = replace(backup_recipient, removed_at_us=change.now_us)
        change.put(Verb.BACKUP_RECIPIENT_REMOVED, over, why=require_reason(why, "--why"))
    return over


def _require_other(workspace: Workspace, text: str) -> None:
    """Raise UsageError for what is no recipient, or if only the backup itself would hold its identity."""
    parse_recipient(text)
    if text == derive_unit_recipient(workspace):
        raise UsageError(
            f"{text} is this workspace's own: what opens it is in the backup alone",
            hint="make an identity apart, and keep it elsewhere: age-keygen -o FILE",
        )


def make_backup(
    officer_session: OfficerSession,
    out: Path,
    progress: Progress,
    *,
    to: Sequence[str] = (),
    unencrypted: bool = False,
    overwrite: bool = False,
    incomplete: bool = False,
) -> BackedUp:
    """Write a backup of everything while others work, with a ledger entry of its digest.

    It is encrypted to the named recipients, else to the workspace's. Raises UsageError if there are none, unless
    `unencrypted` accepts that the keys in it are readable.
    """
    officer_session.require(Action.BACKUP, "workspace:all")
    _require_place(officer_session.workspace, out, overwrite=overwrite)
    recipients = _choose_recipients(officer_session, to, unencrypted=unencrypted)
    for _ in range(TRIES):
        try:
            made = _try(officer_session, out, progress, recipients, incomplete=incomplete)
        except backup.PurgedMeanwhile:
            made = None
        if made is not None:
            return made
    raise StoreUnreachable("a purge ran during each attempt to back up the workspace", hint="run it again")


def _choose_recipients(officer_session: OfficerSession, to: Sequence[str], *, unencrypted: bool) -> list[str]:
    """Return the recipients of a backup, or none if it must not be encrypted. Raises UsageError."""
    if unencrypted and to:
        raise UsageError(
            "--unencrypted and --recipient exclude each other", hint="leave out --unencrypted, or --recipient"
        )
    if unencrypted:
        return []
    with officer_session.workspace.read() as tables:
        chosen = list(dict.fromkeys(to)) or [backup_recipient.recipient for backup_recipient in list_recipients(tables)]
    if not chosen:
        raise UsageError(
            "nobody is named who could open the backup, and it holds the key that signs the ledger",
            hint="sightline backup add-recipient age1... --name WHO, once; or --recipient age1... each time",
        )
    for recipient in chosen:
        _require_other(officer_session.workspace, recipient)
    return chosen


def _try(
    officer_session: OfficerSession, out: Path, progress: Progress, to: Sequence[str], *, incomplete: bool
) -> BackedUp | None:
    """Return a backup, or None if something was purged since it began: the backup must not contain it."""
    by = officer_session.officer.officer_id
    with backup.create_backup(
        officer_session.workspace, out, by, officer_session.clock(), progress, recipients=to, incomplete=incomplete
    ) as made:
        thing = f"backup:{made.manifest.digest}"
        with ExitStack() as on_failure:
            # A purge waits for this transaction, so that none comes between the check and the rename.
            with officer_session.change(Action.BACKUP, thing) as change:
                if backup.was_purged_since(change.tables, made.manifest.size):
                    return None
                facts: dict[str, str | int] = {"entries": made.manifest.size, "size_bytes": made.size_bytes}
                facts["recipients"] = ",".join(to) or NOBODY
                change.ledger.append(Verb.BACKUP_MADE, officer_session.signer, thing, facts=facts)
                made.publish()
                on_failure.callback(made.withdraw)
            on_failure.pop_all()
    return BackedUp(out, made.manifest, made.size_bytes, tuple(to))


def _require_place(workspace: Workspace, out: Path, *, overwrite: bool) -> None:
    if out.resolve().is_relative_to(workspace.folder.resolve()):
        raise UsageError(f"{out} is inside the workspace", hint="choose a folder on another disk")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.absolute().parent}", hint="make the folder first")
    if out.exists() and not (overwrite and out.is_file()):
        raise OutputExists(f"{out} exists already", hint="--overwrite replaces it")


def restore_backup(
    file: Path,
    manifest: Manifest,
    place: RestoreTarget,
    private: Ed25519PrivateKey,
    clock: Clock,
    progress: Progress,
    identities: Sequence[Identity] = (),
) -> Workspace:
    """Restore the workspace of a checked backup, as an officer with that permission. Raises NotAllowed."""

    def admit(tables: Tables) -> Signer:
        """Return the officer who restores, as the backup's own tables have them. Raises NotAllowed."""
        signer = Signer("unknown", private)
        key = tables[OfficerKey].get(signer.key_id)
        if key is None:
            raise NotAllowed(
                f"the key {signer.key_id} belongs to no officer of this backup",
                hint="use a key that was enrolled when the backup was made",
            )
        signer = Signer(key.officer_id, private)
        decision = decide(tables, signer, Action.BACKUP)
        if not decision.allowed:
            raise NotAllowed(f"you may not restore: {decision.reason}", hint="ask an officer whose duty it is")
        return signer

    return restore.restore_backup(file, manifest, place, admit, clock(), progress, identities)


def check_backup(
    file: Path, progress: Progress, digest: str | None = None, identities: Sequence[Identity] = ()
) -> Manifest:
    """Return the manifest of an intact backup, with that digest if one is given. Raises DamagedInput.

    `identities` open an encrypted backup. Raises UsageError if none is given, NotAllowed if none opens it.
    """
    manifest = backup_check.check_backup(file, progress, identities)
    if digest is not None and manifest.digest != digest.lower():
        what = f"{file} is not the backup {digest}: its manifest has the digest {manifest.digest}"
        raise DamagedInput(what, hint="the ledger names each backup: sightline ledger show --verb backup:made")
    return manifest
