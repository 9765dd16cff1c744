"""Marks of danger: one stands of a lead, whoever marks at once; a lift ends all that stand, under any of its ids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sightline.casework.leads import lead_marks
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.model import Role
from sightline.storage.rows import LeadMark
from sightline.storage.ulid import make_id
from tests.casework.conftest import Staff

LEAD, OLDER = "1" * 32, "2" * 32


def list_marks(staff: Staff) -> list[LeadMark]:
    with staff.office.workspace.read() as tables:
        return tables[LeadMark].select(lifted_at_us=None)


def test_only_one_simultaneous_mark_succeeds_and_the_others_give_a_reason(staff: Staff) -> None:
    officer_session = staff[Role.SUPERVISOR]

    def tried(at: int) -> str:
        try:
            return lead_marks.mark(officer_session, LEAD, f"danger {at}").why
        except UsageError as why:
            return str(why)

    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(tried, range(4)))
    (one,) = list_marks(staff)
    assert sorted(text == one.why for text in answers) == [False, False, False, True]
    assert answers.count(f"the lead is marked already: {one.why}") == 3
    lead_marks.lift(officer_session, LEAD, "safe")
    assert list_marks(staff) == []
    with pytest.raises(UsageError, match="the lead is not marked"):
        lead_marks.lift(officer_session, LEAD, "again")


def test_a_lift_ends_every_active_mark_including_those_under_older_ids(staff: Staff) -> None:
    officer_session = staff[Role.SUPERVISOR]
    for lead_id in (LEAD, LEAD, OLDER):
        with staff.office.workspace.change(officer_session.signer, officer_session.clock()) as change:
            row = LeadMark(make_id(change.now), lead_id, "danger", change.now_us, officer_session.officer.officer_id)
            change.add(Verb.LEAD_MARKED, row, lead=lead_id)
    other = lead_marks.mark(officer_session, "3" * 32, "danger elsewhere")
    assert len(lead_marks.lift(officer_session, LEAD, "safe", [OLDER])) == 3
    assert list_marks(staff) == [other]
    lead_marks.mark(officer_session, OLDER, "danger")
    with pytest.raises(UsageError, match="marked already"):
        lead_marks.mark(officer_session, LEAD, "danger", [OLDER])
