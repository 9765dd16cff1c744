"""What other forces seal for this unit: opened with the unit's own identity, checked whole, kept, shown, answered.

The bag is kept as one file of the segment store, encrypted to an identity of its own: a purge empties that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any
from zipfile import BadZipFile, ZipFile

import pyrage

from sightline.casework import forces, incoming
from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.casework.declared import thing
from sightline.casework.roster import names
from sightline.engines.referring import content, notes, opening
from sightline.engines.referring.drafting import scratch
from sightline.engines.referring.keys import unit_identity, unit_key
from sightline.engines.scanning.plan import sha256_of
from sightline.errors import DamagedInput, UsageError, writing
from sightline.record import orphans
from sightline.record.ledger.append import canonical
from sightline.record.ledger.instants import instant, microseconds
from sightline.record.ledger.verbs import Seen
from sightline.record.store.rows import Force, Incoming, IncomingOutcome, IncomingRecall
from sightline.record.ulid import new_id
from sightline.record.workspace import Workspace
from sightline.records import OutcomeKind
from sightline.stages.lists.signature import PublicKey

NEW = "incoming:new"
IN_MEMORY_BYTES = 64 << 20
"""Of a bag that is read; a larger one lies in the workspace meanwhile."""


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
    with desk.keeping_refusals(Seen.REFUSED_RIGHT, NEW), scratch(workspace) as folder:
        with workspace.reading() as shelves:
            known = forces.standing(shelves)
        trusted = [PublicKey(one.code, one.key_id, one.public_key) for one in known]
        with opening.unsealed(path, found_by, trusted, folder, name) as opened:
            opening.require_own(opened.found.about, unit_key(workspace))
            force = next(one for one in known if one.key_id == opened.found.sender.key_id)
            identity = pyrage.x25519.Identity.generate()
            kept = _encrypted(opened.package, identity, folder / "kept.age")
            made = _row(desk, opened.found, force, identity, kept)
        _keep(desk, made, force, kept)
    return made


def _encrypted(package: Path, identity: pyrage.x25519.Identity, out: Path) -> Path:
    with writing(out), package.open("rb") as plain, out.open("xb") as sealed:
        pyrage.encrypt_io(plain, sealed, [identity.to_public()])
    return out


def _row(desk: Desk, found: opening.Opened, force: Force, identity: pyrage.x25519.Identity, kept: Path) -> Incoming:
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
    try:
        with desk.change(Action.INCOMING_TAKE, thing("incoming", made.incoming_id)) as change:
            incoming.register(change, made, force)
    except BaseException:
        store.delete(made.file)
        raise


@dataclass(frozen=True, slots=True)
class ListedIncoming:
    """An incoming referral, from whom, how many of its leads are recalled, and of how many something was found."""

    row: Incoming
    force: Force
    recalled: int
    answered: int


@dataclass(frozen=True, slots=True)
class KeptLead:
    """A lead as it was told (`docs/schema/lead.json`), why it is recalled, if it is, and what this unit found."""

    told: Mapping[str, Any]
    recalled: str | None
    outcomes: tuple[IncomingOutcome, ...]


@dataclass(frozen=True, slots=True)
class ShownIncoming:
    """An incoming referral whole; of one that was purged `about` is None, and there are no leads."""

    row: Incoming
    force: Force
    about: Mapping[str, Any] | None
    leads: tuple[KeptLead, ...]
    recalls: tuple[IncomingRecall, ...]
    proved: tuple[str, ...]
    opened_by: str
    accepted_by: str | None

    def lead(self, text: str) -> KeptLead:
        """The lead whose id begins so. Raises UsageError."""
        found = [one for one in self.leads if len(text) >= 4 and str(one.told["lead_id"]).startswith(text)]
        if len(found) != 1:
            raise UsageError(f"{len(found) or 'no'} leads of {self.row.number} begin with {text}")
        return found[0]


def listed(desk: Desk) -> list[ListedIncoming]:
    """What was referred to this unit, the first first."""
    with desk.read(Action.INCOMING_VIEW, "incoming:all", Seen.VIEW_REFERRALS) as shelves:
        known = {one.force_id: one for one in shelves[Force].where()}
        return [
            ListedIncoming(
                one,
                known[one.force_id],
                len(incoming.recalled_leads(shelves, one)),
                len({each.lead_id for each in incoming.outcomes_of(shelves, one)}),
            )
            for one in shelves[Incoming].where()
        ]


def shown(desk: Desk, text: str) -> ShownIncoming:
    """One incoming referral with its leads. Raises UsageError."""
    with desk.read(Action.INCOMING_VIEW, thing("incoming", text), Seen.VIEW_REFERRALS) as shelves:
        row = incoming.incoming_of(shelves, text)
        force = shelves[Force].get(row.force_id)
        assert force is not None, "an incoming referral has a sender"
        gone, found = incoming.recalled_leads(shelves, row), incoming.outcomes_of(shelves, row)
        recalls, who = tuple(incoming.recalls_of(shelves, row)), names(shelves)
    about, told = (None, []) if row.identity is None else _read(desk.workspace, row)
    leads = tuple(
        KeptLead(
            one,
            gone.get(one["lead_id"]),
            tuple(each for each in found if each.lead_id == one["lead_id"]),
        )
        for one in told
    )
    by = who.get(row.opened_by, row.opened_by)
    proved = tuple(json.loads(row.proved_json))
    return ShownIncoming(row, force, about, leads, recalls, proved, by, who.get(row.accepted_by or ""))


def open_lead(desk: Desk, text: str, lead: str, why: str) -> tuple[ShownIncoming, KeptLead, str]:
    """One lead with its sheet and whole address, once the journal has who opened it and why."""
    told = shown(desk, text)
    one = told.lead(lead)
    about = f"incoming:{told.row.incoming_id}"
    desk.workspace.see(desk.officer.officer_id, Seen.VIEW_ADDRESS, about, why, desk.clock())
    return told, one, sheet(desk.workspace, told.row, str(one.told["lead_id"]))


def sheet(workspace: Workspace, row: Incoming, lead_id: str) -> str:
    """The sheet of a lead, as its sender wrote it: with the whole address."""
    with _bag(workspace, row) as bag:
        return bag.read(f"data/sheets/{lead_id}.txt").decode(errors="replace")


def _read(workspace: Workspace, row: Incoming) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    with _bag(workspace, row) as bag:
        about: Mapping[str, Any] = json.loads(bag.read(f"data/{content.ABOUT}"))
        return about, [json.loads(line) for line in bag.read(f"data/{content.LEADS}").splitlines()]


@contextmanager
def _bag(workspace: Workspace, row: Incoming) -> Iterator[ZipFile]:
    """The bag of an incoming referral, to read. Raises UsageError for one that was purged, DamagedInput."""
    if row.identity is None:
        raise UsageError(f"{row.number} was purged: only that it was here is known")
    identity = pyrage.x25519.Identity.from_str(row.identity.decode())
    with (
        workspace.segments.local_path(row.file) as path,
        path.open("rb") as sealed,
        SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(workspace.folder)) as plain,
    ):
        try:
            pyrage.decrypt_io(sealed, plain, [identity])
            with ZipFile(plain) as bag:
                yield bag
        except (pyrage.DecryptError, BadZipFile, OSError) as why:
            hint = "sightline verify names what is wrong; restore a backup"
            raise DamagedInput(f"the file of {row.number} was altered: {why}", hint=hint) from None


def accept(desk: Desk, text: str) -> tuple[Incoming, bytes]:
    """Accept an incoming referral: its row, and the signed receipt for its sender, the same whenever it is made."""
    row, key = incoming.accept(desk, text), unit_key(desk.workspace)
    assert row.accepted_at_us is not None, "it was just accepted"
    about = {"referral": row.referral_id, "number": row.number, "to": {"code": key.issuer}}
    at = instant(row.accepted_at_us)
    return row, opening.receipt_of(about, row.content_sha256, row.leads, key, at)


def report(desk: Desk, text: str, lead: str, kind: OutcomeKind, on: str, why: str) -> IncomingOutcome:
    """Record what was found where a lead led, by the beginning of its id. Raises UsageError."""
    told = shown(desk, text)
    lead_id = str(told.lead(lead).told["lead_id"])
    return incoming.found(desk, told.row.incoming_id, incoming.Found(lead_id, kind, on, why))


def outcomes_note(desk: Desk, text: str) -> bytes:
    """All that was found of an incoming referral, signed, for its sender. Raises UsageError where nothing was."""
    with desk.read(Action.INCOMING_TAKE, thing("incoming", text), Seen.VIEW_REFERRALS) as shelves:
        row = incoming.incoming_of(shelves, text)
        found = incoming.outcomes_of(shelves, row)
    if not found:
        raise UsageError(f"nothing was found of {row.number} yet", hint="record an outcome of one of its leads first")
    key = unit_key(desk.workspace)
    about = {"referral": row.referral_id, "number": row.number, "to": {"code": key.issuer}}
    at = instant(max(one.recorded_at_us for one in found))
    return opening.answer(about, key, at, [(one.lead_id, one.kind, one.said_on) for one in found])


def take_recall(desk: Desk, note: notes.Note, raw: bytes) -> tuple[IncomingRecall, Incoming, bytes]:
    """Take a recall that the sender signed; its row, of which referral, and the signed receipt for it.

    Raises NotAllowed for one that the sender did not sign, UsageError for one of a referral that is not here,
    DamagedInput for what is no recall.
    """
    leads = dict(opening.read_recall(note))
    with desk.change(Action.INCOMING_TAKE, NEW) as change:
        some = change.shelves[Incoming].where(referral_id=notes.text(note, "referral"))
        if len(some) != 1:
            raise UsageError(f"the recall is of {notes.text(note, 'number')}, which is not here")
        (row,) = some
        note.verified(forces.speaking_for(change.shelves, row.force_id))
        why, sha256 = notes.text(note, "why"), note.sha256
        said = incoming.Recalled(row.referral_id, leads, why, raw.decode(), sha256, microseconds(note.at))
        made = incoming.recalled(change, row, said)
    return made, row, recall_receipt(desk, made)


def recall_receipt(desk: Desk, made: IncomingRecall) -> bytes:
    """The signed receipt of a recall that was taken, the same bytes whenever it is made."""
    return opening.recall_receipt(notes.read(made.note.encode()), unit_key(desk.workspace), instant(made.taken_at_us))


def recall_of(desk: Desk, text: str, recall_id: str) -> IncomingRecall:
    """A recall of an incoming referral. Raises UsageError."""
    with desk.read(Action.INCOMING_VIEW, thing("incoming", text), Seen.VIEW_REFERRALS) as shelves:
        row = incoming.incoming_of(shelves, text)
        for one in incoming.recalls_of(shelves, row):
            if one.recall_id == recall_id:
                return one
    raise UsageError(f"there is no recall {recall_id} of {row.number}")


def purge(desk: Desk, text: str, why: str) -> Incoming:
    """Destroy an incoming referral, once two officers agreed: its key, what was written of it, and its file."""
    gone = incoming.purge(desk, text, why)
    orphans.remove_purged(desk.workspace)
    return gone
