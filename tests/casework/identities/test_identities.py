"""The cap on identities that an officer opens on a day holds, however many are asked for at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sightline.casework import decisions
from sightline.casework.identities import disclosures
from sightline.casework.permissions.approvals import TakesTwo
from sightline.errors import NotAllowed
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import Role
from sightline.services.notices.export import require_opened
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.casework.conftest import Staff


def test_identities_opened_at_once_stop_at_the_cap_and_the_rest_are_refused(staff: Staff) -> None:
    officer_session = staff[Role.SUPERINTENDENT]

    def opens(at: int) -> bool:
        try:
            disclosures.open_identities(officer_session, [f"subscriber:{at:032x}"], "the warrant is prepared")
        except NotAllowed:
            return False
        return True

    for at in range(disclosures.A_DAY[JournalVerb.VIEW_IDENTITY] - 1):
        assert opens(at)
    with ThreadPoolExecutor(16) as many:
        opened = sum(many.map(opens, range(100, 150)))
    assert opened == 1
    verbs = [row.verb for row in staff.journal() if row.actor == officer_session.officer.officer_id]
    assert (
        verbs.count(JournalVerb.VIEW_IDENTITY)
        == disclosures.A_DAY[JournalVerb.VIEW_IDENTITY]
        == disclosures.count_opened_today(officer_session)
    )
    assert verbs.count(JournalVerb.REFUSED_CAP) == 49
    assert opens(0), "one that was opened today opens again"


def of_a_notice(count: int) -> disclosures.UnmaskedExport:
    return disclosures.UnmaskedExport(
        "notice:N", "subscribers", [f"{at:032x}" for at in range(count)], "N 7/2026", "a notice"
    )


def test_a_notice_with_as_many_numbers_as_a_day_allows_opens_each(staff: Staff) -> None:
    officer_session = staff[Role.INVESTIGATING_OFFICER]
    require_opened(officer_session, JournalVerb.VIEW_IDENTITY, of_a_notice(20), "lost in the post")
    assert disclosures.count_opened_today(officer_session) == 20
    with staff.office.workspace.read() as tables:
        assert not tables[rows.Approval].select(action="identity:export")


def test_a_notice_with_more_numbers_leaves_by_two_officers_once_and_for_just_these(staff: Staff) -> None:
    officer_session, why = staff[Role.INVESTIGATING_OFFICER], "lost in the post"
    with pytest.raises(TakesTwo):
        require_opened(officer_session, JournalVerb.VIEW_IDENTITY, of_a_notice(21), why)
    with staff.office.workspace.read() as tables:
        (asked,) = tables[rows.Approval].select(action="identity:export", state="asked")
    decisions.decide(staff[Role.SUPERINTENDENT], asked.approval_id, give=True, why="compared as it is")
    with pytest.raises(TakesTwo):
        require_opened(officer_session, JournalVerb.VIEW_IDENTITY, of_a_notice(22), why)
    require_opened(officer_session, JournalVerb.VIEW_IDENTITY, of_a_notice(21), why)
    assert disclosures.count_opened_today(officer_session) == 0, "two officers answer for it: no maximum of a day"
    with staff.office.workspace.read() as tables:
        (exported,) = tables[rows.LedgerRow].select(verb=Verb.IDENTITIES_EXPORTED.value)
    assert exported.thing == "notice:N"
    assert any("21 subscribers" in (row.text or "") for row in staff.journal() if row.verb == JournalVerb.EXPORT_LEADS)
    with pytest.raises(TakesTwo):
        require_opened(officer_session, JournalVerb.VIEW_IDENTITY, of_a_notice(21), why)
    assert verify_workspace(staff.office.workspace, VerifyRequest(), lambda *_: None).findings == []
