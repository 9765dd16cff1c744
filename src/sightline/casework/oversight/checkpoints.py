"""Export checkpoints of the ledger, and import them countersigned by witnesses."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.oversight.witnesses import list_witness_keys
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger import note, witness
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.note import NoteKey, SignedNote, TreeHead
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.storage import rows
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class ExportedCheckpoint:
    """A checkpoint for export: its note, its size, the ledger's key, and the consistency proof asked for."""

    note: bytes
    size: int
    log: NoteKey
    proof: bytes | None


def export_checkpoint(officer_session: OfficerSession, since: int | None) -> ExportedCheckpoint:
    """Return the latest checkpoint with its countersignatures, and store a copy that `verify` reads."""
    with officer_session.read(Action.LEDGER_VIEW, "ledger:checkpoint", JournalVerb.EXPORT_CHECKPOINT) as tables:
        last = tables[rows.Checkpoint].find_last("size")
        assert last is not None
        signed = add_countersignatures(tables, last)
        log = get_log_key(tables, officer_session.workspace.origin)
        proof = _prove_growth(officer_session, tables, since, last.size) if since is not None else None
    _keep(officer_session.workspace.folder / "checkpoints" / f"{last.size}.note", signed)
    return ExportedCheckpoint(signed, last.size, log, proof)


def get_log_key(tables: Tables, origin: str) -> NoteKey:
    """Return the key that signs the workspace's checkpoints."""
    return NoteKey(origin, tables[rows.Workspace].select()[0].log_key)


def add_countersignatures(tables: Tables, checkpoint: rows.Checkpoint) -> bytes:
    """Return the note of a checkpoint with its witnesses' signatures."""
    lines = [
        countersignature.line.removesuffix("\n")
        for countersignature in tables[rows.Countersignature].select(size=checkpoint.size)
    ]
    return SignedNote.read(checkpoint.note.encode()).with_signatures(*map(note.NoteSignature.read, lines)).encode()


def _prove_growth(officer_session: OfficerSession, tables: Tables, old: int, new: int) -> bytes:
    path = witness.compute_path_between(read_leaves(tables, new), old, new)
    return witness.Growth(officer_session.workspace.origin, old, new, path).encode()


def read_leaves(tables: Tables, size: int) -> list[bytes]:
    """Return the leaf hashes of the first `size` entries."""
    table = tables[rows.LedgerRow]
    return table.list_values("leaf_hash", table.get_column("seq") < size)


def _keep(path: Path, signed: bytes) -> None:
    if path.parent.is_dir() and not path.exists():
        path.write_bytes(signed)


def store_countersignatures(officer_session: OfficerSession, data: bytes, where: str) -> list[str]:
    """Store the countersignatures of a returned note, and return the names of their witnesses.

    Raises DamagedInput if the note does not match the ledger: one of the two was rewritten.
    """
    read, point = witness.parse_checkpoint(data, where)
    with officer_session.change(Action.CHECKPOINT_TAKE, f"checkpoint:{point.size}") as change:
        _require_ours(change.tables, point, read, officer_session.workspace.origin, where)
        new = [
            signature
            for signature in _verify_countersignatures(change.tables, read, where)
            if _is_new(change.tables, point.size, signature)
        ]
        for signed in new:
            stored = rows.Countersignature(point.size, signed.name, signed.to_line(), change.now_us)
            change.tables[rows.Countersignature].add(stored)
            value = base64.b64encode(signed.value).decode()
            facts: dict[str, str | int] = {"size": point.size, "key": signed.key_id.hex(), "signature": value}
            change.ledger.append(
                Verb.CHECKPOINT_COUNTERSIGNED, officer_session.signer, f"checkpoint:{point.size}", facts=facts
            )
    return [signature.name for signature in new]


def _require_ours(tables: Tables, point: TreeHead, read: SignedNote, origin: str, where: str) -> None:
    if point.origin != origin:
        raise UsageError(f"{where} is of {point.origin}, not of {origin}", hint="take it in the workspace that made it")
    last = tables[rows.Checkpoint].find_last("size")
    if last is None or point.size > last.size:
        size = last.size if last else 0
        what = f"{where}: the ledger here was rolled back: it has {size} entries, the note covers {point.size}"
        raise DamagedInput(what, hint="change nothing; restore the last backup, and compare: sightline verify")
    own_checkpoint = tables[rows.Checkpoint].get(point.size)
    if own_checkpoint is None or SignedNote.read(own_checkpoint.note.encode()).text != read.text:
        what = f"{where}: the ledger here has another root at {point.size} entries than the note"
        raise DamagedInput(what, hint="change nothing; sightline verify says more")


def _verify_countersignatures(tables: Tables, read: SignedNote, where: str) -> list[note.NoteSignature]:
    """Return the countersignatures of a note by enrolled witnesses."""
    known = {(note_key.name, note_key.key_id): note_key for note_key in list_witness_keys(tables)}
    note_signatures = [signature for signature in read.signatures if (signature.name, signature.key_id) in known]
    if not note_signatures:
        there = ", ".join(signature.name for signature in read.signatures)
        raise UsageError(
            f"{where}: no witness signed it, only: {there}", hint="sightline witnesses list; sightline witnesses add"
        )
    try:
        note.verify_note(SignedNote(read.text, tuple(note_signatures)), known.values())
    except WrongEncoding as error:
        raise DamagedInput(f"{where}: {error}", hint="ask the witness for it again") from None
    return note_signatures


def _is_new(tables: Tables, size: int, signed: note.NoteSignature) -> bool:
    return tables[rows.Countersignature].get(size, signed.name) is None


@dataclass(frozen=True, slots=True)
class KnownCheckpoint:
    """A checkpoint, and who countersigned it."""

    size: int
    at_us: int
    root: str
    witnesses: tuple[str, ...]


def list_newest_checkpoints(tables: Tables, limit: int, *, is_countersigned: bool = False) -> list[KnownCheckpoint]:
    """Return the newest checkpoints, newest first, optionally only countersigned ones."""
    table = tables[rows.Checkpoint]
    conditions = []
    if is_countersigned:
        sizes = sorted(set(tables[rows.Countersignature].list_values("size")))[-limit:]
        conditions.append(table.get_column("size").in_(sizes))
    checkpoints = table.list_newest(limit, *conditions)
    signed = tables[rows.Countersignature].select_within("size", [checkpoint.size for checkpoint in checkpoints])
    return [
        _to_export(checkpoint, [each.name for each in signed if each.size == checkpoint.size])
        for checkpoint in checkpoints
    ]


def _to_export(checkpoint: rows.Checkpoint, witnesses: list[str]) -> KnownCheckpoint:
    root = TreeHead.read(SignedNote.read(checkpoint.note.encode()).text).root.hex()
    return KnownCheckpoint(checkpoint.size, checkpoint.at_us, root, tuple(witnesses))
