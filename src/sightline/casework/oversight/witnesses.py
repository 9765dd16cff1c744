"""Witnesses who countersign checkpoints, so that not even the machine's owner can rewrite the past unseen."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.canonical import THING, WrongEncoding
from sightline.ledger.note import NoteKey, SignatureKind
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.ledger.witness import witness_key
from sightline.storage.rows import Countersignature, OfficerKey, Witness
from sightline.storage.table import Tables
from sightline.workspace.keys import read_public

LIMIT_BYTES = 1 << 12
HINT = "a witness gives a verifier key, NAME+ID+BASE64, or the .pub file of an Ed25519 key with --name NAME"


def read_witness_key(given: str, name: str | None) -> NoteKey:
    """Return the key of a witness from a verifier key, its file, or a public key file and a name. Raises UsageError."""
    path = Path(given)
    if not path.is_file():
        return _parse_vkey(given, name)
    with path.open("rb") as stream:
        text = stream.read(LIMIT_BYTES).decode(errors="replace").strip()
    if not text.startswith("ssh-"):
        return _parse_vkey(text, name)
    if name is None:
        raise UsageError(f"{given} does not name a witness", hint="--name NAME, as the witness signs")
    return parse_witness_key(name, read_public(path))


def parse_witness_key(name: str, public: bytes) -> NoteKey:
    """Return the key of a witness with that name. Raises UsageError for a name the ledger cannot hold."""
    if not THING.fullmatch(f"witness:{name}"):
        raise UsageError(
            f"{name!r} is not a valid name of a witness", hint="letters, digits, '.', '_' and '-': court.example"
        )
    return witness_key(name, public)


def _parse_vkey(text: str, name: str | None) -> NoteKey:
    try:
        key = NoteKey.read(text)
    except WrongEncoding as error:
        raise UsageError(f"not the key of a witness: {error}", hint=HINT) from None
    if key.kind is not SignatureKind.COSIGNATURE:
        raise UsageError(f"the key of {key.name} signs logs, it does not countersign", hint=HINT)
    if name not in {None, key.name}:
        raise UsageError(f"the key is of {key.name}, not of {name}", hint="leave out --name")
    return parse_witness_key(key.name, key.public)


def enrol(officer_session: OfficerSession, key: NoteKey, why: str) -> Witness:
    """Register a witness whose countersignatures count. An officer's key cannot be a witness's."""
    with officer_session.change(Action.WITNESS_ENROL, name_thing("witness", key.name)) as change:
        if change.tables[Witness].get(key.name) is not None:
            raise UsageError(f"{key.name} is a witness already", hint="sightline witnesses list")
        if any(officer_key.public_key == key.public for officer_key in change.tables[OfficerKey].select()):
            raise UsageError(
                "that key belongs to an officer: a witness must be independent of the unit",
                hint="the witness makes a key of their own",
            )
        witness = Witness(key.name, key.public, change.now_us, officer_session.officer.officer_id)
        change.tables[Witness].add(witness)
        facts = {"public_key": base64.b64encode(key.public).decode(), "key": key.key_id.hex()}
        what = name_thing("witness", key.name)
        change.ledger.append(
            Verb.WITNESS_ENROLLED, officer_session.signer, what, facts=facts, tells={"why": why}, state=witness
        )
    return witness


@dataclass(frozen=True, slots=True)
class WitnessState:
    """A witness with its last returned countersignature: size and time."""

    key: NoteKey
    size: int | None
    at_us: int | None


def list_witnesses(officer_session: OfficerSession) -> list[WitnessState]:
    """Return every witness, by name."""
    with officer_session.read(Action.WITNESS_LIST, "witness:all", JournalVerb.VIEW_OFFICERS) as tables:
        return load_witnesses(tables)


def load_witnesses(tables: Tables) -> list[WitnessState]:
    """Return every witness, by name, with the last countersignature."""
    last = [(key, tables[Countersignature].find_last("size", name=key.name)) for key in list_witness_keys(tables)]
    return [
        WitnessState(key, countersignature.size, countersignature.at_us)
        if countersignature
        else WitnessState(key, None, None)
        for key, countersignature in last
    ]


def list_witness_keys(tables: Tables) -> list[NoteKey]:
    """Return the keys of all witnesses, by name."""
    return [witness_key(witness.name, witness.public_key) for witness in tables[Witness].select()]
