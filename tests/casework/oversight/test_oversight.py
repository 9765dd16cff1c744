"""The ledger as officers read it, and checkpoints that go to a witness and come back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.cases import cases
from sightline.casework.oversight import checkpoints, oversight, witnesses
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, NotAllowed, UsageError
from sightline.ledger import note, tree, witness
from sightline.ledger.entry import Entry
from sightline.ledger.note import NoteKey, SignedNote, TreeHead
from sightline.model import Role
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace import keys
from tests.casework.conftest import Staff
from tests.casework.permissions.test_access import other_case

IO, SP, AUDITOR, ADMINISTRATOR = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT, Role.AUDITOR, Role.ADMINISTRATOR
AT = datetime(2026, 6, 5, 12, tzinfo=UTC)


def list_verbs(officer_session: OfficerSession, **of: str) -> list[oversight.LedgerItem]:
    with oversight.read_entries(officer_session, **of) as entries:
        return list(entries)


def countersigned(data: bytes, key: Ed25519PrivateKey, name: str = "court.example") -> bytes:
    return witness.add_countersignature(SignedNote.read(data), name, key, AT).encode()


def enrolled(staff: Staff, name: str = "court.example") -> Ed25519PrivateKey:
    key = keys.make_signing_key()
    witnesses.enrol(
        staff[SP], witnesses.parse_witness_key(name, key.public_key().public_bytes_raw()), "order of the court"
    )
    return key


def test_entries_show_their_reasons_but_not_to_the_administrator(staff: Staff) -> None:
    authority = staff.office.authority
    cases.end_authority(staff[IO], authority.number, "recalled by the court")
    thing = f"authority:{authority.authority_id}"
    assert [verb.verb for verb in list_verbs(staff[AUDITOR], thing=thing)] == ["authority:added", "authority:ended"]
    (ended,) = list_verbs(staff[AUDITOR], verb="authority:ended")
    assert (ended.thing, ended.texts) == (thing, {"why": "recalled by the court"})
    assert ended.actor_name == staff[IO].officer.name
    (bare,) = list_verbs(staff[ADMINISTRATOR], verb="authority:ended")
    assert bare.texts is None
    assert "recalled" not in json.dumps(bare.facts)
    assert [verb.seq for verb in list_verbs(staff[AUDITOR])] == list(range(len(list_verbs(staff[AUDITOR]))))


def test_no_entry_shows_what_only_the_case_may_show(staff: Staff) -> None:
    case = cases.open_case(staff[IO], other_case(staff))
    facts_text = json.dumps([verb.facts | (verb.texts or {}) for verb in list_verbs(staff[AUDITOR])])
    for secret in (case.number, case.station, staff.office.authority.number, staff[IO].officer.name):
        assert secret not in facts_text


def test_the_journal_shows_refusals_and_views_and_keeps_that_it_was_read(staff: Staff) -> None:
    with pytest.raises(NotAllowed):
        cases.open_case(staff[ADMINISTRATOR], other_case(staff))
    with oversight.read_journal(staff[AUDITOR], verb="refused:right") as journal:
        (row,) = journal
    assert row.actor_name == staff[ADMINISTRATOR].officer.name
    assert row.texts is not None and "not for the administrator" in row.texts["text"]
    assert staff.journal()[-1].verb == "view:journal"


def test_a_checkpoint_goes_out_and_comes_back_countersigned(staff: Staff) -> None:
    key = enrolled(staff)
    first = checkpoints.export_checkpoint(staff[AUDITOR], None)
    assert checkpoints.store_countersignatures(staff[AUDITOR], countersigned(first.note, key), "n") == ["court.example"]
    assert checkpoints.store_countersignatures(staff[AUDITOR], countersigned(first.note, key), "n") == []
    (known,) = witnesses.list_witnesses(staff[AUDITOR])
    assert known.size == first.size
    later = checkpoints.export_checkpoint(staff[AUDITOR], first.size)
    assert later.proof is not None
    last, new = (TreeHead.read(SignedNote.read(one).text) for one in (first.note, later.note))
    witness.require_growth(new, last, witness.Growth.read(later.proof))
    checkpoint_files = sorted(path.name for path in (staff.office.workspace.folder / "checkpoints").iterdir())
    assert checkpoint_files == sorted([f"{first.size}.note", f"{later.size}.note"])
    report = verify_workspace(staff.office.workspace, VerifyRequest(), lambda *_: None)
    assert report.findings == []


def test_a_note_of_a_ledger_that_is_not_this_one_says_so(staff: Staff) -> None:
    key = enrolled(staff)
    checkpoint = TreeHead.read(SignedNote.read(checkpoints.export_checkpoint(staff[AUDITOR], None).note).text)
    log = staff.office.workspace.log_signer().private

    def forged(size: int, root: bytes) -> bytes:
        text = TreeHead(checkpoint.origin, size, root).to_text()
        return countersigned(SignedNote(text, (note.sign_note(text, checkpoint.origin, log),)).encode(), key)

    for size, why in ((checkpoint.size, "another root"), (checkpoint.size + 1000, "rolled back")):
        with pytest.raises(DamagedInput, match=why):
            checkpoints.store_countersignatures(staff[AUDITOR], forged(size, b"\1" * 32), "n")


def test_only_enrolled_witnesses_count_and_only_what_they_signed(staff: Staff) -> None:
    key, stranger = enrolled(staff), keys.make_signing_key()
    made = checkpoints.export_checkpoint(staff[AUDITOR], None).note
    with pytest.raises(UsageError, match="no witness signed it"):
        checkpoints.store_countersignatures(staff[AUDITOR], countersigned(made, stranger, "stranger.example"), "n")
    good = SignedNote.read(countersigned(made, key))
    broken = good.signatures[-1].value[:-1] + bytes([good.signatures[-1].value[-1] ^ 1])
    bad = note.NoteSignature("court.example", good.signatures[-1].key_id, broken)
    with pytest.raises(DamagedInput, match="does not hold"):
        checkpoints.store_countersignatures(
            staff[AUDITOR], SignedNote(good.text, (good.signatures[0], bad)).encode(), "n"
        )
    with staff.office.workspace.read() as tables:
        assert tables[rows.Countersignature].select() == []


def test_a_witness_is_nobody_of_the_unit_and_is_enrolled_once(staff: Staff) -> None:
    with pytest.raises(UsageError, match="must be independent"):
        witnesses.enrol(staff[SP], witnesses.parse_witness_key("court.example", staff[IO].signer.public), "puppet")
    enrolled(staff)
    with pytest.raises(UsageError, match="is a witness already"):
        enrolled(staff)
    for name in ("two words", "a+b", "", "court/1"):
        with pytest.raises(UsageError, match="not a valid name of a witness"):
            witnesses.parse_witness_key(name, keys.make_signing_key().public_key().public_bytes_raw())


def test_the_proof_of_an_entry_is_checked_without_the_workspace(staff: Staff) -> None:
    proof = oversight.prove_inclusion(staff[AUDITOR], 2)
    read = SignedNote.read(str(proof["checkpoint"]).encode())
    note.verify_note(read, [NoteKey.read(str(proof["log_key"]))])
    checkpoint = TreeHead.read(read.text)
    data = json.dumps(proof["entry"], ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    assert Entry.read(data).seq == 2
    path = proof["path"]
    assert isinstance(path, list)
    assert tree.verify_inclusion(
        tree.hash_leaf(data), 2, checkpoint.size, [bytes.fromhex(one) for one in path], checkpoint.root
    )
    with pytest.raises(UsageError, match="there is no entry 9999"):
        oversight.prove_inclusion(staff[AUDITOR], 9999)
