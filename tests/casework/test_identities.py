"""The cap on identities that an officer opens on a day holds, however many are asked for at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sightline.casework import openings
from sightline.errors import NotAllowed
from sightline.record.ledger.verbs import Seen
from sightline.records import Role
from tests.casework.conftest import Staff


def test_of_identities_opened_at_once_no_more_than_the_cap_are_and_the_rest_are_refused(staff: Staff) -> None:
    desk = staff[Role.SUPERINTENDENT]

    def opens(at: int) -> bool:
        try:
            openings.open_identities(desk, [f"subscriber:{at:032x}"], "the warrant is prepared")
        except NotAllowed:
            return False
        return True

    for at in range(openings.A_DAY[Seen.VIEW_IDENTITY] - 1):
        assert opens(at)
    with ThreadPoolExecutor(16) as many:
        opened = sum(many.map(opens, range(100, 150)))
    assert opened == 1
    verbs = [row.verb for row in staff.journal() if row.actor == desk.officer.officer_id]
    assert verbs.count(Seen.VIEW_IDENTITY) == openings.A_DAY[Seen.VIEW_IDENTITY] == openings.opened_today(desk)
    assert verbs.count(Seen.REFUSED_CAP) == 49
    assert opens(0), "one that was opened today opens again"
