"""Every role asks for every action: allowed exactly where the policy says, each refusal in the
journal with its reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from sightline.casework import decisions
from sightline.casework.cases import cases
from sightline.casework.oversight import checkpoints, oversight, witnesses
from sightline.casework.people import officers
from sightline.casework.permissions.access import CASE_ROLES, POLICY, SECOND, Action, Actor, allow, allow_second
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.stages.lists import signature
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.workspace import keys
from tests.casework.conftest import Staff

EACH = list(itertools.product(Role, Action))

FROM_THE_PAPER: dict[Role, set[Action]] = {
    Role.PARTNER: {
        Action.KEY_ROTATE,
        Action.WEB_APP_USE,
        Action.ACCOUNT_MAKE,
        Action.FORCE_REQUEST,
        Action.REFERRAL_VIEW,
        Action.REFERRAL_ACCEPT,
    },
    Role.AUDITOR: {
        Action.WEB_APP_USE,
        Action.ACCOUNT_MAKE,
        Action.SESSION_LIST,
        Action.KEY_ROTATE,
        Action.OFFICER_LIST,
        Action.ISSUER_LIST,
        Action.WITNESS_LIST,
        Action.WITNESS_ENROL,
        Action.CHECKPOINT_TAKE,
        Action.APPROVAL_LIST,
        Action.DATASET_LIST,
        Action.LEDGER_VIEW,
        Action.VERIFY,
        Action.DOCTOR,
        Action.SEARCH,
        Action.FORCE_LIST,
    },
    Role.ADMINISTRATOR: {
        Action.WEB_APP_USE,
        Action.ACCOUNT_MAKE,
        Action.ACCOUNT_RECOVER,
        Action.SESSION_LIST,
        Action.SESSION_END,
        Action.OFFICER_ENROL,
        Action.OFFICER_LIST,
        Action.KEY_ROTATE,
        Action.KEY_REVOKE,
        Action.ISSUER_LIST,
        Action.WITNESS_LIST,
        Action.CHECKPOINT_TAKE,
        Action.APPROVAL_LIST,
        Action.APPROVAL_DECIDE,
        Action.DATASET_IMPORT,
        Action.DATASET_LIST,
        Action.LEDGER_VIEW,
        Action.VERIFY,
        Action.BACKUP,
        Action.BACKUP_RECIPIENT,
        Action.DOCTOR,
        Action.NOTIFICATION_TEST,
        Action.SEARCH,
        Action.FORCE_LIST,
    },
}
"""What three roles may, as the rules of the unit have them in words: all of it, and nothing else."""

SOMEBODY = officers.NewOfficer("N. N.", Role.ANALYST, "", "Cyber PS")

GATES: dict[Action, Callable[[OfficerSession, Staff], object]] = {
    Action.OFFICER_ENROL: lambda officer_session, _: officers.enrol(officer_session, SOMEBODY, fresh(), "why"),
    Action.KEY_REVOKE: lambda officer_session, _: officers.revoke(officer_session, "0" * 16, "why"),
    Action.ISSUER_ENROL: lambda officer_session, _: issuers.enrol(
        officer_session, signature.create_key("OTHER").derive_public(), "why"
    ),
    Action.ISSUER_REVOKE: lambda officer_session, _: issuers.revoke(officer_session, "no such key", "why"),
    Action.WITNESS_ENROL: lambda officer_session, _: witnesses.enrol(
        officer_session, witnesses.parse_witness_key("w.example", fresh()), "why"
    ),
    Action.WITNESS_LIST: lambda officer_session, _: witnesses.list_witnesses(officer_session),
    Action.CHECKPOINT_TAKE: lambda officer_session, staff: checkpoints.store_countersignatures(
        officer_session, note_of(staff), "note"
    ),
    Action.APPROVAL_LIST: lambda officer_session, _: decisions.list_questions(officer_session),
    Action.APPROVAL_DECIDE: lambda officer_session, _: decisions.decide(officer_session, "none", give=True, why="why"),
    Action.CASE_OPEN: lambda officer_session, staff: cases.open_case(officer_session, other_case(staff)),
    Action.AUTHORITY_ADD: lambda officer_session, staff: cases.add_authority(officer_session, other_authority(staff)),
    Action.AUTHORITY_END: lambda officer_session, _: cases.end_authority(officer_session, "s.94 order 99/2026", "why"),
    Action.SOURCE_ADD: lambda officer_session, staff: cases.add_source(officer_session, other_source(staff)),
    Action.LEDGER_VIEW: lambda officer_session, _: oversight.prove_inclusion(officer_session, 0),
}
"""The acts of this package that each action stands before; of the others the gate alone is tried."""


def fresh() -> bytes:
    return keys.make_signing_key().public_key().public_bytes_raw()


def other_case(staff: Staff) -> rows.Case:
    new = make_id(staff.clock())
    return replace(staff.office.case, case_id=new, number=f"FIR {new}")


def other_authority(staff: Staff) -> rows.Authority:
    new = make_id(staff.clock())
    return replace(staff.office.authority, authority_id=new, number=f"order {new}")


def other_source(staff: Staff) -> rows.Source:
    new = make_id(staff.clock())
    return replace(staff.office.source, source_id=new, name=f"proxy {new}")


def note_of(staff: Staff) -> bytes:
    with staff.office.workspace.read() as tables:
        last = tables[rows.Checkpoint].find_last("size")
    assert last is not None
    return last.note.encode()


@pytest.mark.parametrize(("role", "action"), EACH, ids=str)
def test_each_role_is_let_through_or_refused_and_the_journal_has_it(
    shared_staff: Staff, role: Role, action: Action
) -> None:
    officer_session, act = (
        shared_staff[role],
        GATES.get(action) or (lambda officer_session, _: officer_session.require(action, "thing:any")),
    )
    refusal: list[NotAllowed] = []

    def tried() -> None:
        try:
            act(officer_session, shared_staff)
        except UsageError:
            pass
        except NotAllowed as why:
            refusal.append(why)

    seen = [row for row in shared_staff.seen(tried) if row.verb.startswith("refused:")]
    if role in POLICY.get(action, frozenset()):
        assert (refusal, seen) == ([], [])
        return
    (why,), (row,) = refusal, seen
    assert (row.verb, row.actor) == (JournalVerb.REFUSED_RIGHT, officer_session.officer.officer_id)
    assert row.text is not None and row.text in str(why)
    assert f"not for the {role}" in row.text
    assert why.hint


def test_three_roles_may_what_the_rules_say_in_words_and_nothing_else() -> None:
    for role, expected in FROM_THE_PAPER.items():
        assert {action for action in Action if allow(Actor("A", role), action).allowed} == expected


def test_no_case_for_the_administrator_the_auditor_and_partners() -> None:
    of_cases = [
        action for action in Action if action.value.split(":")[0] in {"case", "authority", "source", "scan", "exhibit"}
    ]
    assert Action.CASE_VIEW in of_cases and Action.SCAN in of_cases
    for action in of_cases:
        assert not POLICY[action] & {Role.ADMINISTRATOR, Role.AUDITOR, Role.PARTNER}
    assert CASE_ROLES.isdisjoint({Role.ADMINISTRATOR, Role.AUDITOR, Role.PARTNER})


def test_prosecutors_change_nothing_but_holds() -> None:
    may = {action for action in Action if allow(Actor("A", Role.PROSECUTOR), action).allowed}
    assert not may & {Action.CASE_OPEN, Action.AUTHORITY_ADD, Action.SOURCE_ADD, Action.SCAN, Action.CUSTODY_RECORD}
    assert Action.CASE_VIEW in may


def test_every_action_has_a_policy_and_every_second_may_decide() -> None:
    assert set(POLICY) == set(Action)
    assert frozenset().union(*SECOND.values()) == POLICY[Action.APPROVAL_DECIDE]


@pytest.mark.parametrize("role", Role, ids=str)
def test_nobody_is_second_for_an_own_act_or_without_the_role(role: Role) -> None:
    for action in Action:
        assert not allow_second(Actor("A", role), action, "A").allowed, action
        assert allow_second(Actor("A", role), action, "B").allowed is (role in SECOND.get(action, frozenset())), action
        assert not allow_second(Actor("A", role, is_enrolled=False), action, "B").allowed, action
