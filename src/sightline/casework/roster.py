"""Who is on duty: officers with a key that signs."""

from __future__ import annotations

from sightline.record.store.rows import Officer, OfficerKey
from sightline.record.store.shelf import Shelves


def on_duty(shelves: Shelves) -> list[Officer]:
    """The officers who can act, in order of enrolment."""
    signing = {one.officer_id for one in shelves[OfficerKey].where() if one.revoked_at_us is None}
    return [one for one in shelves[Officer].where() if one.officer_id in signing and one.left_at_us is None]


def is_on_duty(shelves: Shelves, officer_id: str | None) -> bool:
    """Whether an officer can act."""
    return any(one.officer_id == officer_id for one in on_duty(shelves))


def names(shelves: Shelves) -> dict[str, str]:
    """The names of all officers, those who left too, by id."""
    return {one.officer_id: one.name for one in shelves[Officer].where()}


def are_tied(one: Officer, other: Officer) -> bool:
    """Whether one of two officers enrolled the other alone, and so could hold both keys."""
    return one.enrolled_by == other.officer_id or other.enrolled_by == one.officer_id
