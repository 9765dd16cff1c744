"""What other forces seal for this unit, and what they recall: opened, checked whole, and kept; or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyrage

from sightline.casework import forces, incoming
from sightline.casework.access import Action
from sightline.casework.input_checks import thing
from sightline.casework.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError, on_failure
from sightline.file_digests import sha256_of
from sightline.ledger.append import canonical
from sightline.ledger.instants import instant, microseconds
from sightline.ledger.verbs import Seen
from sightline.services.referrals import notes, package_reader
from sightline.services.referrals.bag_store import encrypted
from sightline.services.referrals.drafts import scratch
from sightline.stages.lists.signature import PublicKey
from sightline.storage.rows import Force, Incoming, IncomingRecall
from sightline.storage.table import Tables
from sightline.storage.ulid import new_id
from sightline.workspace.unit_keys import unit_identity, unit_key

NEW = "incoming:new"


def take(
    officer_session: OfficerSession,
    path: Path,
    identities: Sequence[pyrage.x25519.Identity] = (),
    name: str | None = None,
) -> Incoming:
    """Open a package, check every byte of it, and keep it; without identities, with the unit's own.

    Raises Refused for one that is not sealed for this unit, or not signed by a force enrolled here, DamagedInput
    for what is not as it was signed, UsageError for one that is here already. Then nothing is kept of it.
    """
    officer_session.require(Action.INCOMING_TAKE, NEW)
    workspace, found_by = officer_session.workspace, list(identities) or [unit_identity(officer_session.workspace)]
    with (
        officer_session.keeping_refusals(Seen.REFUSED_RIGHT, NEW),
        officer_session.keeping_refusals(Seen.REFUSED_FILE, NEW, (DamagedInput,)),
        scratch(workspace) as folder,
    ):
        with workspace.reading() as tables:
            known = forces.list_current_forces(tables)
        trusted = [PublicKey(one.code, one.key_id, one.public_key) for one in known]
        with package_reader.unsealed(path, found_by, trusted, folder, name) as opened:
            package_reader.require_own(opened.found.about, unit_key(workspace))
            force = next(one for one in known if one.key_id == opened.found.sender.key_id)
            identity = pyrage.x25519.Identity.generate()
            kept = encrypted(opened.package, identity, folder / "kept.age")
            made = _row(officer_session, opened.found, force, identity, kept)
        _keep(officer_session, made, force, kept)
    return made


def _row(
    officer_session: OfficerSession,
    found: package_reader.OpenedReferral,
    force: Force,
    identity: pyrage.x25519.Identity,
    kept: Path,
) -> Incoming:
    now = officer_session.clock()
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
        officer_session.officer.officer_id,
        str(identity).encode(),
    )


def _keep(officer_session: OfficerSession, made: Incoming, force: Force, kept: Path) -> None:
    """Put the file into the store, and the row beside it; neither without the other."""
    store = officer_session.workspace.segments
    store.put(made.file, kept)
    about = thing("incoming", made.incoming_id)
    with on_failure(lambda: store.delete(made.file)), officer_session.change(Action.INCOMING_TAKE, about) as change:
        incoming.register(change, made, force)


def take_recall(
    officer_session: OfficerSession, note: notes.Note, raw: bytes
) -> tuple[IncomingRecall, Incoming, bytes]:
    """Take a recall that the sender signed; its row, of which referral, and the signed receipt for it.

    Raises NotAllowed for one that the sender did not sign, UsageError for one of a referral that is not here,
    DamagedInput for what is no recall.
    """
    leads = dict(package_reader.read_recall(note))
    with officer_session.change(Action.INCOMING_TAKE, NEW) as change:
        package_reader.require_own({"to": {"code": notes.text(note, "to")}}, unit_key(officer_session.workspace))
        row = _of_sender(change.tables, note)
        why, sha256 = notes.text(note, "why"), note.sha256
        said = incoming.RecallForm(row.referral_id, leads, why, raw.decode(), sha256, microseconds(note.at))
        made = incoming.take_recall(change, row, said)
    return made, row, recall_receipt(officer_session, made)


def _of_sender(tables: Tables, note: notes.Note) -> Incoming:
    """The incoming referral that a recall is of, if its own sender signed it. Raises NotAllowed, UsageError."""
    some = incoming.of_referral(tables, notes.text(note, "referral"))
    if not some:
        raise UsageError(f"the recall is of {notes.text(note, 'number')}, which is not here", hint="open its package")
    keys = {one.incoming_id: forces.speaking_for(tables, one.force_id) for one in some}
    mine = [one for one in some if keys[one.incoming_id].key_id == note.key_id]
    row = mine[-1] if mine else some[-1]
    note.verified(keys[row.incoming_id])
    return row


def recall_receipt(officer_session: OfficerSession, made: IncomingRecall) -> bytes:
    """The signed receipt of a recall that was taken, the same bytes whenever it is made."""
    return package_reader.recall_receipt(
        notes.read(made.note.encode()), unit_key(officer_session.workspace), instant(made.taken_at_us)
    )
