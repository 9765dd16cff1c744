"""Import packages and recalls of other forces: open, check completely and store; or store nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyrage

from sightline.casework.forces import forces, incoming_referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError, undo_on_failure
from sightline.file_digests import compute_sha256
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.referrals import force_notes, package_reader
from sightline.services.referrals.bag_store import encrypt_bag
from sightline.stages.lists.signature import PublicKey
from sightline.storage.rows import Force, Incoming, IncomingRecall
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.unit_keys import derive_unit_identity, read_unit_key

NEW = "incoming:new"


def import_package(
    officer_session: OfficerSession,
    path: Path,
    identities: Sequence[pyrage.x25519.Identity] = (),
    name: str | None = None,
) -> Incoming:
    """Open a package, check every byte, and store it. Default identities: the unit's own.

    Raises Refused if it is not sealed for this unit, or not signed by a force enrolled here, DamagedInput if it is
    not what was signed, UsageError if it is here already. Nothing of it is then stored.
    """
    officer_session.require(Action.INCOMING_TAKE, NEW)
    workspace, identities = (
        officer_session.workspace,
        list(identities) or [derive_unit_identity(officer_session.workspace)],
    )
    with (
        officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, NEW),
        officer_session.record_refusals(JournalVerb.REFUSED_FILE, NEW, (DamagedInput,)),
        workspace.open_scratch() as folder,
    ):
        with workspace.read() as tables:
            current_forces = forces.list_current_forces(tables)
        trusted = [
            PublicKey(current_force.code, current_force.key_id, current_force.public_key)
            for current_force in current_forces
        ]
        with package_reader.open_sealed(path, identities, trusted, folder, name) as opened:
            package_reader.require_own(opened.referral.about, read_unit_key(workspace))
            force = next(
                current_force
                for current_force in current_forces
                if current_force.key_id == opened.referral.sender.key_id
            )
            identity = pyrage.x25519.Identity.generate()
            bag_path = encrypt_bag(opened.package, identity, folder / "kept.age")
            incoming = _build_row(officer_session, opened.referral, force, identity, bag_path)
        _keep(officer_session, incoming, force, bag_path)
    return incoming


def _build_row(
    officer_session: OfficerSession,
    opened_referral: package_reader.OpenedReferral,
    force: Force,
    identity: pyrage.x25519.Identity,
    bag_path: Path,
) -> Incoming:
    now = officer_session.clock()
    incoming_id = make_id(now)
    return Incoming(
        incoming_id,
        force.force_id,
        str(opened_referral.about["referral"]),
        str(opened_referral.about["number"]),
        str(opened_referral.about["case"]["number"]),
        len(opened_referral.leads),
        opened_referral.content_sha256,
        opened_referral.package_sha256,
        encode_canonical(list(opened_referral.proved)),
        f"incoming/{incoming_id}.age",
        compute_sha256(bag_path),
        bag_path.stat().st_size,
        to_microseconds(now),
        officer_session.officer.officer_id,
        str(identity).encode(),
    )


def _keep(officer_session: OfficerSession, incoming: Incoming, force: Force, bag_path: Path) -> None:
    """Store the file and its row, or neither."""
    store = officer_session.workspace.segments
    store.put(incoming.file, bag_path)
    about = name_thing("incoming", incoming.incoming_id)
    with (
        undo_on_failure(lambda: store.delete(incoming.file)),
        officer_session.change(Action.INCOMING_TAKE, about) as change,
    ):
        incoming_referrals.register(change, incoming, force)


def take_recall(
    officer_session: OfficerSession, note: force_notes.ForceNote, raw: bytes
) -> tuple[IncomingRecall, Incoming, bytes]:
    """Register a recall that the sender signed. Returns its row, its referral, and the signed receipt.

    Raises NotAllowed if the sender did not sign it, UsageError if its referral is not here, DamagedInput if it is
    no recall.
    """
    leads = dict(package_reader.read_recall(note))
    with officer_session.change(Action.INCOMING_TAKE, NEW) as change:
        package_reader.require_own(
            {"to": {"code": force_notes.read_text_field(note, "to")}}, read_unit_key(officer_session.workspace)
        )
        row = _find_recalled_referral(change.tables, note)
        why, sha256 = force_notes.read_text_field(note, "why"), note.sha256
        form = incoming_referrals.RecallForm(
            row.referral_id, leads, why, raw.decode(), sha256, to_microseconds(note.at)
        )
        incoming_recall = incoming_referrals.take_recall(change, row, form)
    return incoming_recall, row, sign_recall_receipt(officer_session, incoming_recall)


def _find_recalled_referral(tables: Tables, note: force_notes.ForceNote) -> Incoming:
    """Return the referral of a recall, if its sender signed the recall. Raises NotAllowed, UsageError."""
    copies = incoming_referrals.list_copies_of_referral(tables, force_notes.read_text_field(note, "referral"))
    if not copies:
        raise UsageError(
            f"the recall is of {force_notes.read_text_field(note, 'number')}, which is not here",
            hint="open its package",
        )
    keys = {incoming.incoming_id: forces.find_current_key(tables, incoming.force_id) for incoming in copies}
    signed_copies = [incoming for incoming in copies if keys[incoming.incoming_id].key_id == note.key_id]
    row = signed_copies[-1] if signed_copies else copies[-1]
    note.require_signed_by(keys[row.incoming_id])
    return row


def sign_recall_receipt(officer_session: OfficerSession, incoming_recall: IncomingRecall) -> bytes:
    """Return the signed receipt of a recall, the same bytes whenever it is made."""
    return package_reader.build_recall_receipt(
        force_notes.read(incoming_recall.note.encode()),
        read_unit_key(officer_session.workspace),
        to_instant(incoming_recall.taken_at_us),
    )
