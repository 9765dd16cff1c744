"""Two officers: not the same one, not the wrong one, not too late, not twice, and for nothing but what was asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from sightline.casework import decisions
from sightline.casework.oversight import oversight
from sightline.casework.people import officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import authenticate
from sightline.casework.reference_data import issuers
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ApprovalState, Role
from sightline.stages.lists import signature
from sightline.storage import rows
from sightline.workspace import keys
from sightline.workspace.workspace import make_workspace
from tests.casework.conftest import Clock, Staff

IO, SHO, SP = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER, Role.SUPERINTENDENT
WHOLE: approvals.Request = {"indicator": "board.example", "source": "S", "authority": "A"}


def asked_issuer(staff: Staff, by: Role = IO) -> rows.Approval:
    return issuers.enrol(staff[by], signature.create_key("OTHER").derive_public(), "letter")


def decide(staff: Staff, role: Role, approval: rows.Approval, *, give: bool = True) -> decisions.DecisionResult:
    return decisions.decide(staff[role], approval.approval_id, give=give, why="seen with its papers")


def give(staff: Staff, request: approvals.Request) -> rows.Approval | None:
    with staff.office.workspace.read() as tables:
        return approvals.find_given_approval(tables, Action.SCAN_WHOLE_LOG, request, to_microseconds(staff.clock()))


def whole_log(staff: Staff, request: approvals.Request = WHOLE) -> rows.Approval:
    """Ask for a whole log, and have it approved."""
    with pytest.raises(NotAllowed, match="takes two officers"):
        approvals.require_approval(staff[IO], Action.SCAN_WHOLE_LOG, "source:S", request, "own server")
    (waiting,) = [
        question.approval
        for question in decisions.list_questions(staff[SHO])
        if question.approval.action == "scan:whole-log"
    ]
    assert not decide(staff, SHO, waiting).done
    return approvals.require_approval(staff[IO], Action.SCAN_WHOLE_LOG, "source:S", request, "own server")


def test_an_issuer_is_trusted_with_the_second_signature_and_not_before(staff: Staff) -> None:
    asked = asked_issuer(staff)
    with staff.office.workspace.read() as tables:
        assert "OTHER" not in {trusted_key.issuer for trusted_key in issuers.list_trusted_keys(tables)}
    assert decide(staff, SHO, asked).done
    with staff.office.workspace.read() as tables:
        assert "OTHER" in {trusted_key.issuer for trusted_key in issuers.list_trusted_keys(tables)}
        stored = tables[rows.Approval].get(asked.approval_id)
        verbs = [ledger_row.verb for ledger_row in tables[rows.LedgerRow].select()][-3:]
    assert stored is not None and stored.state is ApprovalState.USED
    assert verbs == ["approval:given", "issuer:enrolled", "approval:used"]


@pytest.mark.parametrize("role", [IO, Role.ADMINISTRATOR, Role.ANALYST, Role.AUDITOR, Role.PARTNER])
def test_the_requester_or_a_wrong_role_cannot_decide_and_the_journal_records_it(
    shared_staff: Staff, role: Role
) -> None:
    asked = asked_issuer(shared_staff)

    def tried() -> None:
        with pytest.raises(NotAllowed):
            decide(shared_staff, role, asked)

    (row,) = shared_staff.seen(tried)
    assert row.verb in {JournalVerb.REFUSED_APPROVAL, JournalVerb.REFUSED_RIGHT}
    assert row.actor == shared_staff[role].officer.officer_id


def test_an_officer_who_may_be_second_is_still_not_for_an_own_request(shared_staff: Staff) -> None:
    asked = asked_issuer(shared_staff, by=SP)
    with pytest.raises(NotAllowed, match="the officer who asked cannot decide"):
        decide(shared_staff, SP, asked)
    # The station officer enrolled the superintendent with the administrator, who is tied to both.
    with pytest.raises(NotAllowed, match="with an officer who is tied"):
        decide(shared_staff, SHO, asked)
    assert decide(shared_staff, Role.SUPERVISOR, asked).done


def test_a_refused_or_decided_request_cannot_be_decided_again(shared_staff: Staff) -> None:
    asked = asked_issuer(shared_staff)
    assert not decide(shared_staff, SHO, asked, give=False).done
    with pytest.raises(UsageError, match="refused already"):
        decide(shared_staff, SP, asked)
    with shared_staff.office.workspace.read() as tables:
        assert tables[rows.IssuerKey].select(approval_id=asked.approval_id) == []


def test_after_two_weeks_nobody_can_decide_and_what_was_given_is_over(staff: Staff) -> None:
    asked, _ = asked_issuer(staff), whole_log(staff)
    staff.clock.pass_by(timedelta(days=14) - timedelta(minutes=1))
    assert give(staff, WHOLE) is not None
    staff.clock.pass_by(timedelta(minutes=1))
    assert give(staff, WHOLE) is None
    with pytest.raises(UsageError, match="two weeks"):
        decide(staff, SHO, asked)


def test_an_approval_serves_once_and_for_exactly_what_was_asked(staff: Staff) -> None:
    found = whole_log(staff)
    for name in WHOLE:
        assert give(staff, {**WHOLE, name: "other"}) is None
        assert give(staff, {one: value for one, value in WHOLE.items() if one != name}) is None
    with staff[IO].change(Action.SCAN_WHOLE_LOG, "source:S") as change:
        approvals.use(change, found)
    assert give(staff, WHOLE) is None
    with pytest.raises(NotAllowed, match="only once"), staff[IO].change(Action.SCAN_WHOLE_LOG, "source:S") as change:
        approvals.use(change, found)


def test_only_one_simultaneous_use_of_an_approval_succeeds(staff: Staff) -> None:
    found, refused = whole_log(staff), []

    def used() -> None:
        try:
            with staff[IO].change(Action.SCAN_WHOLE_LOG, "source:S") as change:
                approvals.use(change, found)
        except NotAllowed as why:
            refused.append(why)

    both = [Thread(target=used) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(refused) == 1


def test_the_second_reads_names_where_the_request_has_ids_and_the_auditor_reads_the_reasons(staff: Staff) -> None:
    ids: approvals.Request = {
        "indicator": "board.example",
        "source": staff.office.source.source_id,
        "authority": staff.office.authority.authority_id,
    }
    with pytest.raises(NotAllowed):
        approvals.require_approval(staff[IO], Action.SCAN_WHOLE_LOG, "source:S", ids, "own server")
    (asked,) = [
        question for question in decisions.list_questions(staff[SHO]) if question.approval.action == "scan:whole-log"
    ]
    assert asked.meanings == {
        "source": "proxy, proxy",
        "authority": "s.94 order 7/2026, production, by Magistrate, Demo",
    }
    (seen,) = [
        question
        for question in decisions.list_questions(staff[Role.AUDITOR])
        if question.approval.action == "scan:whole-log"
    ]
    assert seen.meanings == {}
    decisions.decide(staff[SHO], asked.approval.approval_id, give=True, why="memo seen as the order says")
    with oversight.read_entries(staff[Role.AUDITOR], thing=f"approval:{asked.approval.approval_id}") as entries:
        assert [ledger_item.texts for ledger_item in entries] == [
            {"why": "own server"},
            {"why": "memo seen as the order says"},
        ]


def test_the_same_question_is_asked_once(shared_staff: Staff) -> None:
    key = signature.create_key("TWICE").derive_public()
    first = issuers.enrol(shared_staff[IO], key, "letter")
    assert issuers.enrol(shared_staff[SP], key, "the same letter") == first


@pytest.mark.parametrize("who", [IO, SHO], ids=["who asked", "who decided"])
def test_with_an_officer_the_approvals_go_too(staff: Staff, who: Role) -> None:
    waiting, _ = asked_issuer(staff), whole_log(staff)
    officers.revoke(staff[SP], staff[who].signer.key_id, "left")
    assert give(staff, WHOLE) is None
    if who is IO:
        with pytest.raises(NotAllowed, match="no longer on duty"):
            decide(staff, SHO, waiting)


def test_each_officer_sees_only_the_requests_that_concern_them(shared_staff: Staff) -> None:
    asked_issuer(shared_staff)
    offered = {
        role: {question.approval.action for question in decisions.list_questions(shared_staff[role])}
        for role in (IO, SHO)
    }
    assert "issuer:enrol" in offered[IO] & offered[SHO]
    assert "issuer:enrol" in {
        question.approval.action for question in decisions.list_questions(shared_staff[Role.AUDITOR])
    }
    assert decisions.list_questions(shared_staff[Role.ADMINISTRATOR]) == []
    assert decisions.list_questions(shared_staff[Role.ANALYST]) == []


def test_where_one_enrolled_the_other_alone_they_decide_together_only_while_nobody_else_could(tmp_path: Path) -> None:
    clock, mine, theirs = Clock(), keys.make_signing_key(), keys.make_signing_key()
    person = officers.NewOfficer("First", SP, "SP", "Cyber PS")
    workspace = make_workspace(
        tmp_path / "w", "Unit", clock(), lambda change: officers.enrol_first_officer(change, person, mine)
    )
    first = authenticate(workspace, mine, clock)
    officers.enrol(first, officers.NewOfficer("Second", SHO, "", ""), theirs.public_key().public_bytes_raw(), "joined")
    second = authenticate(workspace, theirs, clock)
    third_key = keys.make_signing_key()
    third_person = officers.NewOfficer("Third", Role.SUPERVISOR, "", "")
    asked = officers.enrol(first, third_person, third_key.public_key().public_bytes_raw(), "joined")
    assert isinstance(asked, rows.Approval)
    assert decisions.decide(second, asked.approval_id, give=True, why="known as the order says").done
    later = issuers.enrol(first, signature.create_key("OTHER").derive_public(), "letter")
    with pytest.raises(NotAllowed, match="enrolled the other alone") as why:
        decisions.decide(second, later.approval_id, give=True, why="seen with its papers")
    assert why.value.hint == "who can decide: Third"
    third = authenticate(workspace, third_key, clock)
    assert decisions.decide(third, later.approval_id, give=True, why="seen with its papers").done
