"""Who is on duty, officers with a key that signs; and who could be one person, by who enrolled whom."""

from __future__ import annotations

from sightline.ledger.ties import Tie, Ties
from sightline.storage.rows import Officer, OfficerKey
from sightline.storage.table import Tables


def on_duty(tables: Tables) -> list[Officer]:
    """The officers who can act, in order of enrolment."""
    signing = {one.officer_id for one in tables[OfficerKey].where() if one.revoked_at_us is None}
    return [one for one in tables[Officer].where() if one.officer_id in signing and one.left_at_us is None]


def is_on_duty(tables: Tables, officer_id: str | None) -> bool:
    """Whether an officer can act."""
    return any(one.officer_id == officer_id for one in on_duty(tables))


def names(tables: Tables) -> dict[str, str]:
    """The names of all officers, those who left too, by id."""
    return {one.officer_id: one.name for one in tables[Officer].where()}


def ties(tables: Tables) -> Ties:
    """Return who is tied to whom, by who enrolled whom and who gave whom an account back."""
    found = Ties()
    waiting = sorted(tables[OfficerKey].where(), key=lambda one: (one.enrolled_at_us, one.officer_id))
    known: set[str] = set()
    while waiting:
        # Several can have been enrolled at one instant; whoever enrolled another was there before.
        ready = [one for one in waiting if _by(one) <= known | {one.officer_id}] or waiting[:1]
        found.add(ready[0].officer_id, _by(ready[0]))
        known.add(ready[0].officer_id)
        waiting.remove(ready[0])
    return found


def are_tied(tables: Tables, one: Officer, other: Officer) -> bool:
    """Return whether one person could hold the keys of both.

    Whoever was enrolled by one officer alone is tied to that one, and whoever was enrolled only by officers who are
    tied to each other is tied to all of them, and to all to whom these are tied.
    """
    return ties(tables).between(one.officer_id, other.officer_id) is not Tie.NONE


def _by(key: OfficerKey) -> set[str]:
    """Who answered for a key: two officers, or one."""
    return set(key.enrolled_by.split("+"))
