"""Officers and keys: nobody holds two, a revoked key does nothing, a rotated one neither, and none of it is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.casework.cases import cases
from sightline.casework.people import officers
from sightline.casework.permissions.officer_session import authenticate
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace import keys
from sightline.workspace.workspace import make_workspace
from tests.casework.conftest import Clock, Staff
from tests.casework.permissions.test_access import other_case

IO, ADMINISTRATOR, SP = Role.INVESTIGATING_OFFICER, Role.ADMINISTRATOR, Role.SUPERINTENDENT


def fresh() -> bytes:
    return keys.make_signing_key().public_key().public_bytes_raw()


def all_holds(staff: Staff) -> None:
    report = verify_workspace(staff.office.workspace, VerifyRequest(), lambda *_: None)
    assert report.findings == []


def test_a_key_is_one_officers_for_ever(staff: Staff) -> None:
    own = staff[IO].signer.public
    somebody = officers.NewOfficer("Somebody", Role.SUPERVISOR, "", "")
    for _ in range(2):
        with pytest.raises(NotAllowed, match="no one may hold both sides"):
            officers.enrol(staff[ADMINISTRATOR], somebody, own, "a puppet")
        with staff.office.workspace.read() as tables:
            officer_key = tables[rows.OfficerKey].get(staff[IO].signer.key_id)
        if officer_key is not None and officer_key.revoked_at_us is None:
            officers.revoke(staff[SP], staff[IO].signer.key_id, "lost")
    with pytest.raises(NotAllowed, match="no one may hold both sides"):
        officers.rotate(staff[SP], own)
    refusals = [row for row in staff.journal() if row.verb == JournalVerb.REFUSED_RIGHT]
    assert [refusal.actor for refusal in refusals] == [staff[ADMINISTRATOR].officer.officer_id] * 2 + [
        staff[SP].officer.officer_id
    ]
    all_holds(staff)


def test_a_revoked_key_opens_nothing_and_does_nothing(staff: Staff) -> None:
    officer_session = staff[IO]
    officers.revoke(staff[SP], officer_session.signer.key_id, "laptop stolen")
    with pytest.raises(NotAllowed, match="revoked"):
        cases.open_case(officer_session, other_case(staff))
    with pytest.raises(NotAllowed, match="was revoked"):
        authenticate(staff.office.workspace, officer_session.signer.private, staff.clock)
    assert [row.verb for row in staff.journal()][-2:] == [JournalVerb.REFUSED_RIGHT, JournalVerb.LOGIN_FAILED]
    with pytest.raises(UsageError, match="revoked already"):
        officers.revoke(staff[SP], officer_session.signer.key_id, "again")
    all_holds(staff)


def test_a_rotated_key_hands_over_to_the_new_one(staff: Staff) -> None:
    officer_session, new = staff[IO], keys.make_signing_key()
    officers.rotate(officer_session, new.public_key().public_bytes_raw())
    with pytest.raises(NotAllowed):
        cases.open_case(officer_session, other_case(staff))
    again = authenticate(staff.office.workspace, new, staff.clock)
    assert again.officer == officer_session.officer
    cases.open_case(again, other_case(staff))
    all_holds(staff)


def test_an_officer_may_revoke_an_own_key_and_not_anothers(staff: Staff) -> None:
    with pytest.raises(NotAllowed, match="key:revoke is for"):
        officers.revoke(staff[IO], staff[SP].signer.key_id, "spite")
    officers.revoke(staff[IO], staff[IO].signer.key_id, "lost")
    with pytest.raises(UsageError, match="there is no key"):
        officers.revoke(staff[SP], "no such\x1b key", "typed wrong")
    all_holds(staff)


def test_the_second_officer_must_be_able_to_approve_the_others(tmp_path: Path) -> None:
    clock, mine = Clock(), keys.make_signing_key()
    person = officers.NewOfficer("First", ADMINISTRATOR, "", "Cyber PS")
    workspace = make_workspace(
        tmp_path / "w", "Unit", clock(), lambda change: officers.enrol_first_officer(change, person, mine)
    )
    officer_session = authenticate(workspace, mine, clock)
    with pytest.raises(UsageError, match="the second officer approves all who follow"):
        officers.enrol(officer_session, officers.NewOfficer("Second", IO, "", ""), fresh(), "joined")
    enrolled = officers.enrol(
        officer_session, officers.NewOfficer("Second", Role.SUPERVISOR, "", ""), fresh(), "joined"
    )
    assert isinstance(enrolled, rows.Officer)
    assert isinstance(
        officers.enrol(officer_session, officers.NewOfficer("Third", IO, "", ""), fresh(), "joined"), rows.Approval
    )
    assert not officers.has_too_few_enrollers(officer_session)
    with workspace.read() as tables:
        (key,) = tables[rows.OfficerKey].select(officer_id=enrolled.officer_id)
    officers.revoke(officer_session, key.key_id, "left")
    assert officers.has_too_few_enrollers(officer_session)


def test_nobody_is_enrolled_twice_under_the_same_words(shared_staff: Staff) -> None:
    officer = shared_staff[IO].officer
    twin = officers.NewOfficer(officer.name.upper(), Role.SUPERVISOR, officer.designation, officer.unit)
    with pytest.raises(UsageError, match="on duty already"):
        officers.enrol(shared_staff[ADMINISTRATOR], twin, fresh(), "a puppet")


def test_an_unknown_key_is_in_the_journal(shared_staff: Staff) -> None:
    stranger = keys.make_signing_key()

    def tried() -> None:
        with pytest.raises(NotAllowed, match="no officer of this workspace"):
            authenticate(shared_staff.office.workspace, stranger, shared_staff.clock)

    (row,) = shared_staff.seen(tried)
    assert (row.verb, row.thing) == (JournalVerb.LOGIN_FAILED, f"key:{officers.derive_key_id(stranger)}")
