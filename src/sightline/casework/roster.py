"""Officers on duty (those with a valid key), and which of them could be one person, as their enrolments show."""

from __future__ import annotations

from sightline.ledger.ties import Tie, Ties
from sightline.storage.rows import Officer, OfficerKey
from sightline.storage.table import Tables


def on_duty(tables: Tables) -> list[Officer]:
    """Return the officers who can act, in order of enrolment."""
    signing = {one.officer_id for one in tables[OfficerKey].where() if one.revoked_at_us is None}
    return [one for one in tables[Officer].where() if one.officer_id in signing and one.left_at_us is None]


def is_on_duty(tables: Tables, officer_id: str | None) -> bool:
    """Return whether an officer can act."""
    return any(one.officer_id == officer_id for one in on_duty(tables))


def names(tables: Tables) -> dict[str, str]:
    """Return the names of all officers, including those who left, by id."""
    return {one.officer_id: one.name for one in tables[Officer].where()}


def ties(tables: Tables) -> Ties:
    """Return the ties between officers: each enrolment and each recovery of an account is a tie."""
    found = Ties()
    waiting = sorted(tables[OfficerKey].where(), key=lambda one: (one.enrolled_at_us, one.officer_id))
    known: set[str] = set()
    while waiting:
        # Several can be enrolled at one instant. An officer who enrolled another was there before.
        ready = [one for one in waiting if _by(one) <= known | {one.officer_id}] or waiting[:1]
        found.add(ready[0].officer_id, _by(ready[0]))
        known.add(ready[0].officer_id)
        waiting.remove(ready[0])
    return found


def are_tied(tables: Tables, one: Officer, other: Officer) -> bool:
    """Return whether one person could hold the keys of both.

    An officer who was enrolled by one officer alone is tied to that one. An officer who was enrolled only by officers
    tied to each other is tied to all of them, and to everyone these are tied to.
    """
    return ties(tables).between(one.officer_id, other.officer_id) is not Tie.NONE


def _by(key: OfficerKey) -> set[str]:
    """Return the officers who answered for a key: two, or one."""
    return set(key.enrolled_by.split("+"))
