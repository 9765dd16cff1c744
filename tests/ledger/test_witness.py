"""A witness signs only what grew from the last that it signed: forks, rewrites and roll-backs are refused."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.errors import DamagedInput, Refused, UsageError
from sightline.ledger import note, tree, witness
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.note import NoteKey, SignedNote, TreeHead

ORIGIN = "sightline/01K5Z3"
LEAVES = [tree.hash_leaf(secrets.token_bytes(8)) for _ in range(40)]
LOG, WITNESS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
AT = datetime(2026, 6, 5, 10, tzinfo=UTC)


def checkpoint(size: int, leaves: list[bytes] = LEAVES) -> TreeHead:
    return TreeHead(ORIGIN, size, tree.compute_root(leaves[:size]))


def growth(old: int, new: int, leaves: list[bytes] = LEAVES) -> witness.Growth:
    return witness.Growth(ORIGIN, old, new, tree.compute_consistency_path(leaves, old, new))


def sign_note(of: TreeHead, key: Ed25519PrivateKey = LOG) -> SignedNote:
    return SignedNote(of.to_text(), (note.sign_note(of.to_text(), ORIGIN, key),))


@pytest.mark.parametrize("old", range(1, 41))
def test_every_growth_is_seen_to_hold(old: int) -> None:
    for new in range(old, 41):
        proof = witness.Growth.read(growth(old, new).encode())
        witness.require_growth(checkpoint(new), checkpoint(old), proof)


def test_a_rewritten_entry_is_found_at_any_place() -> None:
    for place in range(20):
        forged = list(LEAVES)
        forged[place] = tree.hash_leaf(b"another")
        with pytest.raises(Refused, match="rewritten"):
            witness.require_growth(checkpoint(40, forged), checkpoint(20), growth(20, 40, forged))


def test_a_roll_back_and_a_fork_are_refused() -> None:
    with pytest.raises(Refused, match="rolled back: from 20 entries to 19"):
        witness.require_growth(checkpoint(19), checkpoint(20), None)
    forged = [*LEAVES[:19], tree.hash_leaf(b"another")]
    with pytest.raises(Refused, match="another root at 20"):
        witness.require_growth(checkpoint(20, forged), checkpoint(20), None)
    with pytest.raises(Refused, match="is of"):
        witness.require_growth(checkpoint(20), replace(checkpoint(10), origin="sightline/other"), growth(10, 20))


@pytest.mark.parametrize("proof", [None, growth(10, 30), growth(11, 20)], ids=["none", "other end", "other begin"])
def test_without_its_proof_nothing_is_signed(proof: witness.Growth | None) -> None:
    with pytest.raises(UsageError, match="grew from 10 to 20 entries is missing"):
        witness.require_growth(checkpoint(20), checkpoint(10), proof)


def test_a_countersignature_holds_and_a_second_one_takes_its_place() -> None:
    read = sign_note(checkpoint(20))
    once = witness.add_countersignature(read, "court.example", WITNESS, AT)
    twice = witness.add_countersignature(once, "court.example", WITNESS, AT.replace(hour=11))
    key = witness.witness_key("court.example", WITNESS.public_key().public_bytes_raw())
    assert len(twice.signatures) == 2
    (held,) = note.verify_note(twice, [NoteKey.read(key.vkey)])
    assert held.at == AT.replace(hour=11)


def test_the_ledgers_own_key_is_asked_for() -> None:
    log = NoteKey(ORIGIN, LOG.public_key().public_bytes_raw())
    witness.require_log(sign_note(checkpoint(20)), log.vkey + "\n", "n.note")
    with pytest.raises(Refused, match="no signature is by a known key"):
        witness.require_log(sign_note(checkpoint(20), WITNESS), log.vkey, "n.note")
    forged = replace(sign_note(checkpoint(20)), text=checkpoint(21).to_text())
    with pytest.raises(Refused, match="does not hold"):
        witness.require_log(forged, log.vkey, "n.note")
    with pytest.raises(UsageError, match="--log"):
        witness.require_log(sign_note(checkpoint(20)), "nonsense", "n.note")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        growth(10, 20).encode().replace(b'"v":1', b'"v":2'),
        growth(10, 20).encode().replace(b'"old":10', b'"old":-1'),
        growth(10, 20).encode().replace(b'"path":["', b'"path":["0'),
        growth(10, 20).encode().replace(b'"origin":"sightline/01K5Z3"', b'"origin":7'),
    ],
)
def test_an_invalid_growth_proof_is_refused(data: bytes) -> None:
    with pytest.raises(WrongEncoding):
        witness.Growth.read(data)


def test_an_invalid_checkpoint_is_refused() -> None:
    for data in (b"", b"text\n", sign_note(checkpoint(20)).encode().replace(b"20", b"x")):
        with pytest.raises(DamagedInput, match=r"n\.note"):
            witness.parse_checkpoint(data, "n.note")


def test_sizes_that_the_ledger_never_had_are_no_begin() -> None:
    for old in (-1, 41):
        with pytest.raises(UsageError, match="the ledger has 40 entries"):
            witness.compute_path_between(LEAVES, old, 40)
