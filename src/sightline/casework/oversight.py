"""The ledger and the journal as officers read them; checkpoints that leave the machine and come back countersigned."""

from __future__ import annotations

import base64
import bisect
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement

from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.casework.roster import names
from sightline.casework.witnesses import keys_of
from sightline.errors import DamagedInput, UsageError
from sightline.record.ledger import note, tree, witness
from sightline.record.ledger.canonical import WrongEncoding
from sightline.record.ledger.instants import instant, microseconds
from sightline.record.ledger.note import Checkpoint, Note, NoteKey
from sightline.record.ledger.verbs import Seen as SeenVerb
from sightline.record.ledger.verbs import Verb
from sightline.record.store import rows
from sightline.record.store.shelf import Shelf, Shelves
from sightline.records import Role

NOT_FOR_EYES = "state"
"""The commitment that a thing's own row opens; the row is shown where the thing is, to whoever may see that."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry or a row of the journal as it is shown; `texts` is None where the officer may not read them."""

    seq: int
    at: str
    verb: str
    actor: str
    actor_name: str | None
    thing: str
    facts: dict[str, str | int]
    texts: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which entries, or rows of the journal, are wanted; `verb` ends in `:` for all verbs that begin so.

    `since_us` is counted in, `until_us` is not; `before` is the number of the one that came last on the page before.
    """

    verb: str | None = None
    thing: str | None = None
    actor: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    before: int | None = None
    without: str | None = None


def newest_entries(shelves: Shelves, role: Role, wanted: Narrowed, limit: int) -> list[Told]:
    """The newest entries that are wanted, the newest first."""
    shelf, known = shelves[rows.LedgerRow], names(shelves)
    conditions = _conditions(shelf, wanted)
    if wanted.since_us is not None:
        conditions.append(shelf.column("seq") >= _first_from(shelves, wanted.since_us))
    if wanted.until_us is not None:
        conditions.append(shelf.column("seq") < _first_from(shelves, wanted.until_us))
    found = shelf.newest(limit, *conditions)
    opened: dict[int, list[rows.Opening]] = {}
    for one in shelves[rows.Opening].within("seq", [row.seq for row in found]):
        opened.setdefault(one.seq, []).append(one)
    return [_entry(row, opened.get(row.seq, []), known, role) for row in found]


def newest_seen(shelves: Shelves, role: Role, wanted: Narrowed, limit: int) -> list[Told]:
    """The newest rows of the journal that are wanted, the newest first."""
    shelf, known = shelves[rows.Seen], names(shelves)
    conditions = _conditions(shelf, wanted)
    if wanted.since_us is not None:
        conditions.append(shelf.column("at_us") >= wanted.since_us)
    if wanted.until_us is not None:
        conditions.append(shelf.column("at_us") < wanted.until_us)
    return [_seen(row, known, role) for row in shelf.newest(limit, *conditions)]


def _conditions(shelf: Shelf[rows.LedgerRow] | Shelf[rows.Seen], wanted: Narrowed) -> list[ColumnElement[bool]]:
    verb, found = shelf.column("verb"), []
    if wanted.verb is not None and wanted.verb.endswith(":"):
        found.append(verb.startswith(wanted.verb, autoescape=True))
    elif wanted.verb is not None:
        found.append(verb == wanted.verb)
    if wanted.without is not None:
        found.append(verb != wanted.without)
    equal = (("thing", wanted.thing), ("actor", wanted.actor))
    found += [shelf.column(name) == value for name, value in equal if value is not None]
    return [*found, shelf.column("seq") < wanted.before] if wanted.before is not None else found


def _first_from(shelves: Shelves, at_us: int) -> int:
    """The number of the first entry that is not before an instant: entries never go back in time."""
    shelf = shelves[rows.LedgerRow]
    last = shelf.last("seq")
    return bisect.bisect_left(range(last.seq + 1 if last else 0), at_us, key=lambda seq: _at_us(shelf.get(seq)))


def _at_us(row: rows.LedgerRow | None) -> int:
    assert row is not None, "a ledger has no gap"
    return microseconds(datetime.fromisoformat(json.loads(row.entry_json)["at"]))


@contextmanager
def entries(desk: Desk, *, thing: str | None = None, verb: str | None = None) -> Iterator[Iterator[Told]]:
    """The entries of the ledger, in order; those of a thing, or of a verb, only."""
    with desk.read(Action.LEDGER_VIEW, "ledger:entries", SeenVerb.VIEW_LEDGER) as shelves:
        shelf = shelves[rows.LedgerRow]
        wanted = [
            shelf.column(name) == value for name, value in (("thing", thing), ("verb", verb)) if value is not None
        ]
        known = names(shelves)
        role, opening = desk.officer.role, shelves[rows.Opening]
        yield (_entry(row, opening.where(seq=row.seq), known, role) for row in shelf.each(*wanted))


def _entry(row: rows.LedgerRow, opened: Iterable[rows.Opening], known: dict[str, str], role: Role) -> Told:
    said = json.loads(row.entry_json)
    texts = {one.name: one.text for one in opened if one.text is not None and one.name != NOT_FOR_EYES}
    return Told(
        row.seq,
        said["at"],
        row.verb,
        row.actor,
        known.get(row.actor),
        row.thing,
        said["facts"],
        None if role is Role.ADMINISTRATOR else texts,
    )


@contextmanager
def journal(desk: Desk, *, thing: str | None = None, verb: str | None = None) -> Iterator[Iterator[Told]]:
    """The rows of the journal, in order; those of a thing, or of a verb, only."""
    with desk.read(Action.LEDGER_VIEW, "journal:rows", SeenVerb.VIEW_JOURNAL) as shelves:
        shelf = shelves[rows.Seen]
        wanted = [
            shelf.column(name) == value for name, value in (("thing", thing), ("verb", verb)) if value is not None
        ]
        known = names(shelves)
        yield (_seen(row, known, desk.officer.role) for row in shelf.each(*wanted))


def _seen(row: rows.Seen, known: dict[str, str], role: Role) -> Told:
    at = instant(row.at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")
    text = {} if row.text is None else {"text": row.text}
    is_hidden = role is Role.ADMINISTRATOR
    return Told(row.seq, at, row.verb, row.actor, known.get(row.actor), row.thing, {}, None if is_hidden else text)


@dataclass(frozen=True, slots=True)
class Exported:
    """A checkpoint to leave the machine: its note, its size, the ledger's key, and the proof of growth asked for."""

    note: bytes
    size: int
    log: NoteKey
    proof: bytes | None


def export(desk: Desk, since: int | None) -> Exported:
    """The latest checkpoint with its countersignatures; a copy is kept in the workspace, which `verify` reads."""
    with desk.read(Action.LEDGER_VIEW, "ledger:checkpoint", SeenVerb.EXPORT_CHECKPOINT) as shelves:
        last = shelves[rows.Checkpoint].last("size")
        assert last is not None
        signed = _with_countersignatures(shelves, last)
        log = log_key(shelves, desk.workspace.origin)
        proof = _growth(desk, shelves, since, last.size) if since is not None else None
    _keep(desk.workspace.folder / "checkpoints" / f"{last.size}.note", signed)
    return Exported(signed, last.size, log, proof)


def log_key(shelves: Shelves, origin: str) -> NoteKey:
    """The key that signs the workspace's checkpoints."""
    return NoteKey(origin, shelves[rows.Workspace].where()[0].log_key)


def _with_countersignatures(shelves: Shelves, checkpoint: rows.Checkpoint) -> bytes:
    lines = [one.line.removesuffix("\n") for one in shelves[rows.Countersignature].where(size=checkpoint.size)]
    return Note.read(checkpoint.note.encode()).signed(*map(note.NoteSignature.read, lines)).encode()


def _growth(desk: Desk, shelves: Shelves, old: int, new: int) -> bytes:
    path = witness.path_between(_leaves(shelves, new), old, new)
    return witness.Growth(desk.workspace.origin, old, new, path).encode()


def _leaves(shelves: Shelves, size: int) -> list[bytes]:
    shelf = shelves[rows.LedgerRow]
    return shelf.values("leaf_hash", shelf.column("seq") < size)


def _keep(path: Path, signed: bytes) -> None:
    if path.parent.is_dir() and not path.exists():
        path.write_bytes(signed)


def take(desk: Desk, data: bytes, where: str) -> list[str]:
    """Keep the countersignatures of a note that came back; gives the names of their witnesses.

    Raises DamagedInput where the note is not of the ledger as it is here: then one of the two was rewritten.
    """
    read, said = witness.checkpoint_of(data, where)
    with desk.change(Action.CHECKPOINT_TAKE, f"checkpoint:{said.size}") as change:
        _require_ours(change.shelves, said, read, desk.workspace.origin, where)
        new = [one for one in _verified(change.shelves, read, where) if _is_new(change.shelves, said.size, one)]
        for signed in new:
            kept = rows.Countersignature(said.size, signed.name, signed.line(), change.now_us)
            change.shelves[rows.Countersignature].add(kept)
            value = base64.b64encode(signed.value).decode()
            facts: dict[str, str | int] = {"size": said.size, "key": signed.key_id.hex(), "signature": value}
            change.ledger.append(Verb.CHECKPOINT_COUNTERSIGNED, desk.signer, f"checkpoint:{said.size}", facts=facts)
    return [one.name for one in new]


def _require_ours(shelves: Shelves, said: Checkpoint, read: Note, origin: str, where: str) -> None:
    if said.origin != origin:
        raise UsageError(f"{where} is of {said.origin}, not of {origin}", hint="take it in the workspace that made it")
    last = shelves[rows.Checkpoint].last("size")
    if last is None or said.size > last.size:
        size = last.size if last else 0
        what = f"{where}: the ledger here was rolled back: it has {size} entries, the note covers {said.size}"
        raise DamagedInput(what, hint="change nothing; restore the last backup, and compare: sightline verify")
    ours = shelves[rows.Checkpoint].get(said.size)
    if ours is None or Note.read(ours.note.encode()).text != read.text:
        what = f"{where}: the ledger here has another root at {said.size} entries than the note"
        raise DamagedInput(what, hint="change nothing; sightline verify says more")


def _verified(shelves: Shelves, read: Note, where: str) -> list[note.NoteSignature]:
    """The countersignatures of a note by witnesses who are enrolled."""
    known = {(one.name, one.key_id): one for one in keys_of(shelves)}
    found = [one for one in read.signatures if (one.name, one.key_id) in known]
    if not found:
        there = ", ".join(one.name for one in read.signatures)
        raise UsageError(f"{where}: no witness signed it, only: {there}", hint="sightline witness list; witness enrol")
    try:
        note.verify(Note(read.text, tuple(found)), known.values())
    except WrongEncoding as why:
        raise DamagedInput(f"{where}: {why}", hint="ask the witness for it again") from None
    return found


def _is_new(shelves: Shelves, size: int, signed: note.NoteSignature) -> bool:
    return shelves[rows.Countersignature].get(size, signed.name) is None


def prove(desk: Desk, seq: int) -> dict[str, object]:
    """The proof that an entry is in the ledger: entry and audit path as in a bundle (ADR 13), and the checkpoint."""
    with desk.read(Action.LEDGER_VIEW, "ledger:proof", SeenVerb.VIEW_LEDGER) as shelves:
        return proof(shelves, desk.workspace.origin, seq)


def proof(shelves: Shelves, origin: str, seq: int) -> dict[str, object]:
    """The proof of an entry in the latest checkpoint. Raises UsageError where there is no such entry."""
    row, last = shelves[rows.LedgerRow].get(seq), shelves[rows.Checkpoint].last("size")
    if row is None or last is None:
        raise UsageError(f"there is no entry {seq}", hint="sightline ledger show lists them")
    path = tree.inclusion_path(_leaves(shelves, last.size), seq)
    return {
        "entry": json.loads(row.entry_json),
        "path": [one.hex() for one in path],
        "tree_size": last.size,
        "checkpoint": _with_countersignatures(shelves, last).decode(),
        "log_key": log_key(shelves, origin).vkey(),
    }


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry as it is shown, with the proof of it; `holds`: the path leads to the root that the checkpoint signs."""

    told: Told
    row: rows.LedgerRow
    key_id: str
    commits: dict[str, str]
    path: Sequence[str]
    size: int
    root: str
    holds: bool


def proved(shelves: Shelves, role: Role, origin: str, seq: int) -> Proved:
    """One entry and its proof, walked once more. Raises UsageError where there is no such entry."""
    made = proof(shelves, origin, seq)
    row = shelves[rows.LedgerRow].get(seq)
    assert row is not None
    said = json.loads(row.entry_json)
    checkpoint = Checkpoint.read(Note.read(str(made["checkpoint"]).encode()).text)
    path = [str(one) for one in made["path"]] if isinstance(made["path"], list) else []
    leaf, steps = tree.leaf_hash(row.entry_json.encode()), [bytes.fromhex(one) for one in path]
    return Proved(
        _entry(row, shelves[rows.Opening].where(seq=seq), names(shelves), role),
        row,
        said["key"],
        said["commits"],
        path,
        checkpoint.size,
        checkpoint.root.hex(),
        tree.verify_inclusion(leaf, seq, checkpoint.size, steps, checkpoint.root),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint, and who countersigned it."""

    size: int
    at_us: int
    root: str
    witnesses: tuple[str, ...]


def newest_checkpoints(shelves: Shelves, limit: int, *, is_countersigned: bool = False) -> list[Kept]:
    """The newest checkpoints, the newest first; or only those that a witness countersigned."""
    shelf = shelves[rows.Checkpoint]
    conditions = []
    if is_countersigned:
        sizes = sorted(set(shelves[rows.Countersignature].values("size")))[-limit:]
        conditions.append(shelf.column("size").in_(sizes))
    found = shelf.newest(limit, *conditions)
    signed = shelves[rows.Countersignature].within("size", [one.size for one in found])
    return [_kept(one, [each.name for each in signed if each.size == one.size]) for one in found]


def _kept(one: rows.Checkpoint, witnesses: list[str]) -> Kept:
    root = Checkpoint.read(Note.read(one.note.encode()).text).root.hex()
    return Kept(one.size, one.at_us, root, tuple(witnesses))
