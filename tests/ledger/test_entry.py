"""Entries and journal rows: only the canonical text is read, every flipped byte shows, and they are
made in few steps.
"""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.ledger.entry import Entry, WrongEntry, compute_commitment, compute_key_id
from sightline.ledger.journal import JournalRow, WrongRow, seal_rows
from sightline.ledger.verbs import JournalVerb, Verb

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
OFFICER = "01J00000000000000000000000"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTRY = Entry(
    seq=7,
    at=NOON,
    verb=Verb.CASE_CHANGED,
    actor=OFFICER,
    key=compute_key_id(PUBLIC),
    thing="case:01J0000000000000000000CASE",
    facts={"digest": "ab" * 32, "number": 12},
    commits={"state": compute_commitment("text", bytes(16))},
).sign(PRIVATE)
ROW = JournalRow(
    0, NOON, OFFICER, JournalVerb.VIEW_CASE, "case:01J0000000000000000000CASE", compute_commitment("why", bytes(16))
)


def test_every_flipped_byte_of_an_entry_shows() -> None:
    data = ENTRY.encode()
    for place in range(len(data)):
        for bit in (1, 4, 0x20, 0x80):
            flipped = bytearray(data)
            flipped[place] ^= bit
            try:
                assert not Entry.read(bytes(flipped)).verify(PUBLIC), flipped
            except WrongEntry:
                continue


def test_a_signature_is_of_this_key_and_this_use() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
    assert ENTRY.verify(PUBLIC)
    assert not ENTRY.verify(other.public_key().public_bytes_raw())
    assert not replace(ENTRY, signature=None).verify(PUBLIC)
    assert not replace(ENTRY, signature=PRIVATE.sign(ENTRY.build_signed_bytes().partition(b"\n")[2])).verify(PUBLIC)
    with pytest.raises(WrongEntry, match="not the one that signs"):
        ENTRY.sign(other)
    with pytest.raises(WrongEntry, match="entry 7 is not signed"):
        replace(ENTRY, signature=None).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seq": -1}, "seq is no whole number"),
        ({"seq": True}, "seq is no whole number"),
        ({"at": NOON.replace(tzinfo=None)}, "not in UTC"),
        ({"at": NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))}, "not in UTC"),
        ({"verb": "changed"}, "verb is not of the form"),
        ({"actor": "Anu Example"}, "actor is not of the form"),
        ({"key": "AB" * 8}, "key is not of the form"),
        ({"thing": "case"}, "thing is not of the form"),
        ({"facts": {"a b": 1}}, "a name in facts"),
        ({"facts": {"number": 1.5}}, "fact number is neither"),
        ({"facts": {"number": True}}, "fact number is neither"),
        ({"facts": {"number": 1 << 63}}, "fact number is neither"),
        ({"facts": []}, "facts are no object"),
        ({"commits": {"state": "AB" * 32}}, "commitment state"),
        ({"commits": None}, "commits are no object"),
        ({"signature": bytes(63)}, "signature has not 64 bytes"),
    ],
)
def test_a_value_without_an_encoding_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongEntry, match=why):
        replace(ENTRY, **change)


def encoded(**changes: object) -> bytes:
    """The entry's canonical text with other values, unchecked."""
    values = json.loads(ENTRY.encode()) | changes
    return json.dumps(
        {key: value for key, value in values.items() if value != "absent"},
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "no JSON object"),
        (b"[" * 100_000, "no JSON"),
        (ENTRY.encode() + b"\n", "not canonical"),
        (b" " + ENTRY.encode(), "not canonical"),
        (ENTRY.encode().replace(b'"seq":7', b'"seq":7,"seq":7'), "not canonical"),
        (ENTRY.encode().replace(b'"seq":7', b'"seq":-0'), "not canonical"),
        (ENTRY.encode().replace(b"case:changed", b"case:\\u0063hanged"), "not canonical"),
        (ENTRY.encode().replace(b'"seq":7', b'"seq":7.0'), "only whole numbers"),
        (ENTRY.encode().replace(b'"seq":7', b'"seq":NaN'), "only whole numbers"),
        (ENTRY.encode().replace(b'"seq":7', b'"seq":' + b"9" * 5000), "a whole number is beyond"),
        (ENTRY.encode().replace(b'"number":12', b'"number":"\\ud800"'), "surrogate"),
        (encoded(more=1), "unknown: more"),
        (encoded(facts="absent"), "missing: facts"),
        (encoded(v=2), "v is not 1"),
        (encoded(seq="7"), "seq is no whole number"),
        (encoded(at="2026-03-01T12:00:00Z"), "at is no UTC time"),
        (encoded(at="2026-02-30T12:00:00.000000Z"), "at is no time"),
        (encoded(verb=None), "verb is not of the form"),
        (encoded(signature="AAAA"), "signature has not 64 bytes"),
        (encoded(signature="A" * 85 + "B=="), "signature is no base64 as it is written"),
        (encoded(signature=None), "signature is no base64"),
        (encoded(commits={"state": 1}), "commitment state"),
        (encoded(facts={"list": []}), "fact list is neither"),
    ],
)
def test_an_invalid_entry_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(WrongEntry, match=why):
        Entry.read(data)


def test_every_flipped_byte_of_a_journal_row_changes_its_seal() -> None:
    data, sealed = ROW.encode(), seal_rows([ROW])
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1
        try:
            assert seal_rows([JournalRow.read(bytes(flipped))]) != sealed
        except WrongRow:
            continue


def test_a_seal_is_over_rows_without_a_gap() -> None:
    rows = [replace(ROW, seq=seq) for seq in range(3)]
    assert seal_rows(rows)["last"] == 2
    with pytest.raises(WrongRow, match="row 2 does not follow row 0"):
        seal_rows([rows[0], rows[2]])
    with pytest.raises(WrongRow, match="no rows"):
        seal_rows([])
    with pytest.raises(WrongRow, match="text is not of the form"):
        replace(ROW, text="plain words")


def test_verbs_are_distinct_and_valid_in_an_entry() -> None:
    for verb in Verb:
        assert replace(ENTRY, verb=verb).verb == verb
    for seen in JournalVerb:
        assert replace(ROW, verb=seen).verb == seen
    assert not set(Verb) & set(JournalVerb)


def test_an_entry_is_made_in_few_steps() -> None:
    """Scans and rebuilds append thousands."""
    steps = 0

    def count(_frame: object, event: str, _of: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        for seq in range(100):
            replace(ENTRY, seq=seq, signature=None).sign(PRIVATE).encode()
    finally:
        sys.setprofile(None)
    assert steps < 100 * MAX_STEPS


MAX_STEPS = 200
"""Calls of functions for one entry; 150 today. Ten thousand entries are to take at most a second."""
