"""Officers on duty (those with a valid key), and which of them could be one person, as their enrolments show."""

from __future__ import annotations

from sightline.ledger.ties import Tie, Ties
from sightline.storage.rows import Officer, OfficerKey
from sightline.storage.table import Tables


def list_officers_on_duty(tables: Tables) -> list[Officer]:
    """Return the officers who can act, in order of enrolment."""
    signing = {
        officer_key.officer_id for officer_key in tables[OfficerKey].select() if officer_key.revoked_at_us is None
    }
    return [
        officer for officer in tables[Officer].select() if officer.officer_id in signing and officer.left_at_us is None
    ]


def is_on_duty(tables: Tables, officer_id: str | None) -> bool:
    """Return whether an officer can act."""
    return any(officer.officer_id == officer_id for officer in list_officers_on_duty(tables))


def list_names(tables: Tables) -> dict[str, str]:
    """Return the names of all officers, including those who left, by id."""
    return {officer.officer_id: officer.name for officer in tables[Officer].select()}


def list_ties(tables: Tables) -> Ties:
    """Return the ties between officers: each enrolment and each recovery of an account is a tie."""
    result = Ties()
    remaining_keys = sorted(
        tables[OfficerKey].select(), key=lambda officer_key: (officer_key.enrolled_at_us, officer_key.officer_id)
    )
    known: set[str] = set()
    while remaining_keys:
        # Several can be enrolled at one instant. An officer who enrolled another was there before.
        ready = [key for key in remaining_keys if _list_enrollers(key) <= known | {key.officer_id}] or remaining_keys[
            :1
        ]
        result.add(ready[0].officer_id, _list_enrollers(ready[0]))
        known.add(ready[0].officer_id)
        remaining_keys.remove(ready[0])
    return result


def are_tied(tables: Tables, officer: Officer, other: Officer) -> bool:
    """Return whether one person could hold the keys of both.

    An officer who was enrolled by one officer alone is tied to that one. An officer who was enrolled only by officers
    tied to each other is tied to all of them, and to everyone these are tied to.
    """
    return list_ties(tables).find_tie(officer.officer_id, other.officer_id) is not Tie.NONE


def _list_enrollers(key: OfficerKey) -> set[str]:
    """Return the officers who answered for a key: two, or one."""
    return set(key.enrolled_by.split("+"))
