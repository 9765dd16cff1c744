"""Notices: every state and what can follow it, who may decide about which kind, and what the
ledger and journal keep.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from sightline.casework import decisions
from sightline.casework.notices import licensees, notices
from sightline.casework.notices.notices import APPROVES, NEXT, WAITING, change_state, is_overdue
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import NatLogs, NoticeKind, NoticeState, Role
from sightline.storage import rows
from sightline.storage.ulid import make_id
from tests.casework.conftest import Staff

S = NoticeState
SECONDS = {
    NoticeKind.PRESERVATION: {Role.STATION_OFFICER, Role.SUPERINTENDENT},
    NoticeKind.RECORDS: {Role.STATION_OFFICER, Role.SUPERINTENDENT},
    NoticeKind.SUBSCRIBERS: {Role.SUPERINTENDENT},
}
"""The ranks that the paper names."""


def drafted(staff: Staff, kind: NoticeKind = NoticeKind.RECORDS, who: Role = Role.INVESTIGATING_OFFICER) -> rows.Notice:
    """A notice as drafting registers it; its file is nobody's business here."""
    officer_session = staff[who]
    whom = licensees.set_licensee(
        officer_session, licensees.LicenseeForm("Examplenet", "Nodal Officer, Kochi", NatLogs.CONNECTIONS)
    )
    blank = rows.Notice(
        make_id(officer_session.clock()),
        "",
        staff.office.case.case_id,
        kind,
        whom.licensee_id,
        "Kerala",
        f"{kind}:{'0' * 64}",
        None,
        3,
        "none/rows-0000.parquet",
        "1" * 64,
        9,
        1,
        0,
        S.DRAFT,
        0,
        officer_session.officer.officer_id,
    )
    with officer_session.change(Action.NOTICE_DRAFT, "notice:draft") as change:
        return notices.register_drafts(change, [blank], [{"case": staff.office.case.number}], "to be sent")[0]


def now(staff: Staff, notice: rows.Notice) -> rows.Notice:
    with staff.office.workspace.read() as tables:
        return notices.find_notice(tables, notice.notice_id)


@pytest.mark.parametrize(("state", "to"), list(itertools.product(S, S)), ids=str)
def test_a_notice_moves_as_the_table_says_and_a_wrong_move_says_what_is_possible(
    shared_staff: Staff, state: NoticeState, to: NoticeState
) -> None:
    notice = replace(SAMPLE, state=state)
    if to in NEXT[state]:
        assert change_state(notice, to).state is to
        return
    with pytest.raises(UsageError, match=f"is {state}, and cannot be {to}") as why:
        change_state(notice, to)
    assert all(notice_state in str(why.value.hint) for notice_state in NEXT[state])
    assert why.value.hint


SAMPLE = rows.Notice(
    "N", "FIR 1, notice 1", "C", NoticeKind.RECORDS, "L", None, "", None, 1, "", "", 0, 1, 0, S.DRAFT, 0, "O"
)  # fmt: skip


def test_only_an_answer_that_is_awaited_can_be_overdue() -> None:
    for state in S:
        due = replace(SAMPLE, state=state, due_at_us=100)
        assert (is_overdue(due, 99), is_overdue(due, 100)) == (False, state in WAITING)
        assert not is_overdue(replace(due, due_at_us=None), 1 << 60)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_the_rank_that_the_policy_names_approves_and_nobody_else(shared_staff: Staff, kind: NoticeKind) -> None:
    notice = drafted(shared_staff, kind)
    for role in sorted(set(Role) - SECONDS[kind]):
        seen = shared_staff.seen(lambda role=role: _is_refused(shared_staff, role, notice))  # type: ignore[misc]
        assert any(row.verb.startswith("refused:") for row in seen), role
    for role in sorted(SECONDS[kind]):
        one = drafted(shared_staff, kind)
        done = decisions.decide(shared_staff[role], one.approval_id or "", give=True, why="compared as the order says")
        approved = now(shared_staff, one)
        assert done.done and approved.state is S.APPROVED and approved.approved_at_us
        assert done.approval.action == APPROVES[kind]


def _is_refused(staff: Staff, role: Role, notice: rows.Notice) -> None:
    with pytest.raises(NotAllowed):
        decisions.decide(staff[role], notice.approval_id or "", give=True, why="x as the order says")
    assert now(staff, notice).state is S.DRAFT


def test_a_station_officer_who_drafts_is_no_second_for_it(shared_staff: Staff) -> None:
    notice = drafted(shared_staff, who=Role.STATION_OFFICER)
    _is_refused(shared_staff, Role.STATION_OFFICER, notice)
    assert decisions.decide(
        shared_staff[Role.SUPERINTENDENT], notice.approval_id or "", give=True, why="seen with its papers"
    ).done


def test_a_refused_or_closed_notice_is_never_sent(shared_staff: Staff) -> None:
    staff, sho, io = shared_staff, shared_staff[Role.STATION_OFFICER], shared_staff[Role.INVESTIGATING_OFFICER]
    refused, closed, ready = drafted(staff), drafted(staff), drafted(staff)
    decisions.decide(sho, refused.approval_id or "", give=False, why="the clock first")
    notices.close(io, closed.notice_id, "another case asks")
    with pytest.raises(UsageError, match="is closed, and cannot be approved"):
        decisions.decide(sho, closed.approval_id or "", give=True, why="x as the order says")
    for notice in (refused, closed, ready):
        with pytest.raises(UsageError, match="cannot be sent"):
            notices.send(io, notice.notice_id, "by hand")
    assert [now(staff, notice).state for notice in (refused, closed, ready)] == [S.REFUSED, S.CLOSED, S.DRAFT]
    decisions.decide(sho, ready.approval_id or "", give=True, why="compared as the order says")
    approved_us = now(staff, ready).approved_at_us or 0
    with pytest.raises(UsageError, match="before the approval"):
        notices.send(io, ready.notice_id, "by hand", at_us=approved_us - 1)
    day_us = (approved_us + notices.IST_US) // notices.DAY_US * notices.DAY_US - notices.IST_US
    sent = notices.send(io, ready.notice_id, "by hand", at_us=day_us)
    assert sent.sent_at_us == approved_us
    assert sent.due_at_us is not None and sent.sent_at_us is not None
    assert 15 <= (sent.due_at_us - sent.sent_at_us) / notices.DAY_US < 16
    with pytest.raises(UsageError, match="is sent, and cannot be sent"):
        notices.send(io, ready.notice_id, "again")
    with staff.office.workspace.read() as tables:
        verbs = [ledger_row.verb for ledger_row in tables[rows.LedgerRow].select(thing=f"notice:{ready.notice_id}")]
    assert verbs == ["notice:drafted", "notice:approved", "notice:sent"]


def test_roles_that_sign_nothing_change_nothing_and_the_journal_says_so(shared_staff: Staff) -> None:
    notice = drafted(shared_staff)
    form = licensees.LicenseeForm("Other", "Nodal Officer, Delhi")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.PARTNER, Role.PROSECUTOR, Role.CUSTODIAN, Role.SUPERVISOR):
        officer_session = shared_staff[role]
        for act in (
            lambda officer_session=officer_session: licensees.set_licensee(officer_session, form),
            lambda officer_session=officer_session: notices.send(officer_session, notice.notice_id, "by hand"),
            lambda officer_session=officer_session: notices.close(officer_session, notice.notice_id, "x"),
        ):
            (seen,) = shared_staff.seen(lambda act=act: _not_allowed(act))  # type: ignore[misc]
            assert (seen.verb, seen.actor) == (JournalVerb.REFUSED_RIGHT, officer_session.officer.officer_id)


def _not_allowed(act: Callable[[], object]) -> None:
    with pytest.raises(NotAllowed):
        act()


def test_a_licensee_is_found_by_name_and_fields_not_given_stay_unchanged(shared_staff: Staff) -> None:
    officer_session = shared_staff[Role.ANALYST]
    first = licensees.set_licensee(
        officer_session, licensees.LicenseeForm("Delta Net", "Nodal Officer, Pune", date_order="dmy")
    )
    again = licensees.set_licensee(
        officer_session, licensees.LicenseeForm("DELTA net", nat_logs=NatLogs.DESTINATIONS, keep_days=365)
    )
    assert replace(first, nat_logs=NatLogs.DESTINATIONS, keep_days=365, said_at_us=again.said_at_us) == again
    assert (first.keep_days, first.nat_logs) == (730, NatLogs.UNKNOWN)
    assert again in licensees.list_licensees(officer_session)
    for wrong in (licensees.LicenseeForm("Nobody"), licensees.LicenseeForm("Delta Net", keep_days=0)):
        with pytest.raises(UsageError):
            licensees.set_licensee(officer_session, wrong)
