"""Flag lists as the pages show them: the state of each signature, the versions beside each other, where they served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework import issuers
from sightline.errors import UsageError
from sightline.record.store.rows import FlagListRow, IssuerKey, Run, RunList
from sightline.record.store.shelf import Shelves


class State(StrEnum):
    """What stands of a list's signature now; when it was scanned with, it was whole and by a trusted key."""

    TRUSTED = "trusted"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that was used, and what stands of its signature."""

    row: FlagListRow
    state: State


@dataclass(frozen=True, slots=True)
class Shown:
    """One list with its key, the other lists of its issuer, the newest first, and the exhibits that it was used on."""

    listed: Listed
    key: IssuerKey | None
    others: tuple[Listed, ...]
    runs: int
    exhibits: tuple[str, ...]


def keys(shelves: Shelves) -> list[IssuerKey]:
    """Every key that is or was trusted."""
    return issuers.listed(shelves)


def listed(shelves: Shelves, now_us: int) -> list[Listed]:
    """Every list, by issuer, the one that was registered last first."""
    known = {one.key_id: one for one in shelves[IssuerKey].where()}
    found = sorted(shelves[FlagListRow].where(), key=lambda one: (one.issuer, -one.registered_at_us, one.list_id))
    return [_listed(one, known, now_us) for one in found]


def _listed(row: FlagListRow, known: Mapping[str, IssuerKey], now_us: int) -> Listed:
    key = known.get(row.key_id)
    if key is None or key.revoked_at_us is not None:
        return Listed(row, State.REVOKED)
    return Listed(row, State.EXPIRED if row.valid_until_us <= now_us else State.TRUSTED)


def row_of(shelves: Shelves, list_id: str) -> FlagListRow:
    """The list of that id. Raises UsageError."""
    found = shelves[FlagListRow].get(list_id)
    if found is None:
        raise UsageError("no list of this id was used in this workspace", hint="the page of lists has those that were")
    return found


def of(shelves: Shelves, list_id: str, now_us: int) -> Shown:
    """All of one list."""
    row = row_of(shelves, list_id)
    known = {one.key_id: one for one in shelves[IssuerKey].where()}
    others = [one for one in shelves[FlagListRow].where(issuer=row.issuer) if one.list_id != list_id]
    run_ids = [one.run_id for one in shelves[RunList].where(list_id=list_id)]
    exhibits = {one.exhibit_id for one in shelves[Run].within("run_id", run_ids)}
    return Shown(
        _listed(row, known, now_us),
        known.get(row.key_id),
        tuple(_listed(one, known, now_us) for one in sorted(others, key=lambda one: -one.registered_at_us)),
        len(run_ids),
        tuple(sorted(exhibits)),
    )
