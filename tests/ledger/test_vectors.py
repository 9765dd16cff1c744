"""The ledger's encodings are those of the golden vectors; a change of any is a new version, never an edit."""

import json
from base64 import b64decode, b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.ledger import tree
from sightline.ledger.entry import Entry, compute_commitment, compute_key_id
from sightline.ledger.journal import JournalRow, seal_rows
from sightline.ledger.note import NoteKey, SignedNote, TreeHead, cosign_checkpoint, sign_note, verify_note

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ledger.json").read_text("utf-8"))
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["key"]["seed"]))
PUBLIC = b64decode(VECTORS["key"]["public_key"])


def timed(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"at": datetime.fromisoformat(values["at"])}


def test_the_key_has_its_id() -> None:
    assert PRIVATE.public_key().public_bytes_raw() == PUBLIC
    assert compute_key_id(PUBLIC) == VECTORS["key"]["key_id"]


@pytest.mark.parametrize("vector", VECTORS["commitments"], ids=lambda vector: vector["text"])
def test_commitments(vector: dict[str, str]) -> None:
    assert compute_commitment(vector["text"], bytes.fromhex(vector["salt"])) == vector["commitment"]


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["values"]["verb"])
def test_entries(vector: dict[str, Any]) -> None:
    entry = Entry(**timed(vector["values"]))
    signed = entry.sign(PRIVATE)
    assert entry.build_signed_bytes().decode() == vector["signed_text"]
    assert b64encode(signed.signature or b"").decode() == vector["signature"]
    assert signed.encode().decode() == vector["encoded"]
    assert tree.hash_leaf(signed.encode()).hex() == vector["leaf"]
    assert Entry.read(vector["encoded"].encode()) == signed
    assert signed.verify(PUBLIC)


def test_journal_rows_and_their_seal() -> None:
    rows = [JournalRow(**timed(vector["values"])) for vector in VECTORS["journal"]["rows"]]
    encoded = [vector["encoded"].encode() for vector in VECTORS["journal"]["rows"]]
    assert [row.encode() for row in rows] == encoded
    assert [JournalRow.read(data) for data in encoded] == rows
    assert seal_rows(rows) == VECTORS["journal"]["seal"]
    assert VECTORS["journal"]["seal"]["root"] == tree.compute_root(map(tree.hash_leaf, encoded)).hex()


def test_the_checkpoint_and_its_signatures() -> None:
    vector = VECTORS["checkpoint"]
    checkpoint = TreeHead(vector["origin"], vector["size"], bytes.fromhex(vector["root"]))
    witness = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["witness_seed"]))
    text = checkpoint.to_text()
    keys = [NoteKey.read(vector["log_vkey"]), NoteKey.read(vector["witness_vkey"])]
    at = datetime.fromisoformat(vector["countersigned_at"])
    note = SignedNote(
        text, (sign_note(text, checkpoint.origin, PRIVATE), cosign_checkpoint(text, keys[1].name, witness, at))
    )
    assert note.encode().decode() == vector["note"]
    assert [found.at for found in verify_note(SignedNote.read(vector["note"].encode()), keys)] == [None, at]
    assert checkpoint.root == tree.compute_root(bytes.fromhex(entry["leaf"]) for entry in VECTORS["entries"])
