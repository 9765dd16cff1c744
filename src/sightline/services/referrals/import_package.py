"""What other forces seal for this unit, and what they recall: opened, checked whole, and kept; or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyrage

from sightline.casework import forces, incoming
from sightline.casework.access import Action
from sightline.casework.officer_session import Desk
from sightline.casework.input_checks import thing
from sightline.services.referrals import notes, package_reader
from sightline.services.referrals.drafts import scratch
from sightline.services.referrals.bag_store import encrypted
from sightline.services.scan.plan import sha256_of
from sightline.errors import DamagedInput, UsageError, on_failure
from sightline.ledger.append import canonical
from sightline.ledger.instants import instant, microseconds
from sightline.ledger.verbs import Seen
from sightline.storage.rows import Force, Incoming, IncomingRecall
from sightline.storage.table import Shelves
from sightline.storage.ulid import new_id
from sightline.workspace.unit_keys import unit_identity, unit_key
from sightline.stages.lists.signature import PublicKey

NEW = "incoming:new"


def take(
    desk: Desk,
    path: Path,
    identities: Sequence[pyrage.x25519.Identity] = (),
    name: str | None = None,
) -> Incoming:
    """Open a package, check every byte of it, and keep it; without identities, with the unit's own.

    Raises Refused for one that is not sealed for this unit, or not signed by a force enrolled here, DamagedInput
    for what is not as it was signed, UsageError for one that is here already. Then nothing is kept of it.
    """
    desk.require(Action.INCOMING_TAKE, NEW)
    workspace, found_by = desk.workspace, list(identities) or [unit_identity(desk.workspace)]
    with (
        desk.keeping_refusals(Seen.REFUSED_RIGHT, NEW),
        desk.keeping_refusals(Seen.REFUSED_FILE, NEW, (DamagedInput,)),
        scratch(workspace) as folder,
    ):
        with workspace.reading() as shelves:
            known = forces.standing(shelves)
        trusted = [PublicKey(one.code, one.key_id, one.public_key) for one in known]
        with package_reader.unsealed(path, found_by, trusted, folder, name) as opened:
            package_reader.require_own(opened.found.about, unit_key(workspace))
            force = next(one for one in known if one.key_id == opened.found.sender.key_id)
            identity = pyrage.x25519.Identity.generate()
            kept = encrypted(opened.package, identity, folder / "kept.age")
            made = _row(desk, opened.found, force, identity, kept)
        _keep(desk, made, force, kept)
    return made


def _row(desk: Desk, found: package_reader.Opened, force: Force, identity: pyrage.x25519.Identity, kept: Path) -> Incoming:
    now = desk.clock()
    incoming_id = new_id(now)
    return Incoming(
        incoming_id,
        force.force_id,
        str(found.about["referral"]),
        str(found.about["number"]),
        str(found.about["case"]["number"]),
        len(found.leads),
        found.content_sha256,
        found.package_sha256,
        canonical(list(found.proved)),
        f"incoming/{incoming_id}.age",
        sha256_of(kept),
        kept.stat().st_size,
        microseconds(now),
        desk.officer.officer_id,
        str(identity).encode(),
    )


def _keep(desk: Desk, made: Incoming, force: Force, kept: Path) -> None:
    """Put the file into the store, and the row beside it; neither without the other."""
    store = desk.workspace.segments
    store.put(made.file, kept)
    about = thing("incoming", made.incoming_id)
    with on_failure(lambda: store.delete(made.file)), desk.change(Action.INCOMING_TAKE, about) as change:
        incoming.register(change, made, force)


def take_recall(desk: Desk, note: notes.Note, raw: bytes) -> tuple[IncomingRecall, Incoming, bytes]:
    """Take a recall that the sender signed; its row, of which referral, and the signed receipt for it.

    Raises NotAllowed for one that the sender did not sign, UsageError for one of a referral that is not here,
    DamagedInput for what is no recall.
    """
    leads = dict(package_reader.read_recall(note))
    with desk.change(Action.INCOMING_TAKE, NEW) as change:
        package_reader.require_own({"to": {"code": notes.text(note, "to")}}, unit_key(desk.workspace))
        row = _of_sender(change.shelves, note)
        why, sha256 = notes.text(note, "why"), note.sha256
        said = incoming.Recalled(row.referral_id, leads, why, raw.decode(), sha256, microseconds(note.at))
        made = incoming.recalled(change, row, said)
    return made, row, recall_receipt(desk, made)


def _of_sender(shelves: Shelves, note: notes.Note) -> Incoming:
    """The incoming referral that a recall is of, if its own sender signed it. Raises NotAllowed, UsageError."""
    some = incoming.of_referral(shelves, notes.text(note, "referral"))
    if not some:
        raise UsageError(f"the recall is of {notes.text(note, 'number')}, which is not here", hint="open its package")
    keys = {one.incoming_id: forces.speaking_for(shelves, one.force_id) for one in some}
    mine = [one for one in some if keys[one.incoming_id].key_id == note.key_id]
    row = mine[-1] if mine else some[-1]
    note.verified(keys[row.incoming_id])
    return row


def recall_receipt(desk: Desk, made: IncomingRecall) -> bytes:
    """The signed receipt of a recall that was taken, the same bytes whenever it is made."""
    return package_reader.recall_receipt(notes.read(made.note.encode()), unit_key(desk.workspace), instant(made.taken_at_us))
