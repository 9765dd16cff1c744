"""View of flag lists: the state of each signature, its versions, and the exhibits they were used on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework import issuers, list_series
from sightline.errors import UsageError
from sightline.storage.rows import FlagListRow, IssuerKey, ListSignature, Run, RunList
from sightline.storage.table import Tables


class State(StrEnum):
    """The current state of a list's signature. When it was used, it was valid and by a trusted key."""

    TRUSTED = "trusted"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list that was used under one signature, and that signature's state.

    `is_newest`: no newer version of its series was used.
    """

    row: FlagListRow
    signed: ListSignature
    state: State
    is_newest: bool = True


@dataclass(frozen=True, slots=True)
class ListView:
    """One list under its newest signature with its key, and the exhibits that it was used on.

    `earlier`: its other signatures. `others`: other lists of its issuers. Both newest first.
    """

    listed: ListSummary
    earlier: tuple[ListSummary, ...]
    key: IssuerKey | None
    others: tuple[ListSummary, ...]
    runs: int
    exhibits: tuple[str, ...]


def keys(tables: Tables) -> list[IssuerKey]:
    """Return every key that is or was trusted."""
    return issuers.list_issuer_keys(tables)


def list_lists(tables: Tables, now_us: int) -> list[ListSummary]:
    """Return every list under every signature, by issuer, newest first."""
    rows = {one.list_id: one for one in tables[FlagListRow].where()}
    signed = tables[ListSignature].where()
    known, newest = {one.key_id: one for one in tables[IssuerKey].where()}, set(list_series.newest(signed))
    list_signatures = sorted(signed, key=lambda one: (one.issuer, -one.registered_at_us, one.list_id))
    return [_summary_of_list(rows[one.list_id], one, known, now_us, is_newest=one in newest) for one in list_signatures]


def _summary_of_list(
    row: FlagListRow, signed: ListSignature, known: Mapping[str, IssuerKey], now_us: int, *, is_newest: bool
) -> ListSummary:
    key = known.get(signed.key_id)
    if key is None or key.revoked_at_us is not None:
        return ListSummary(row, signed, State.REVOKED, is_newest)
    state = State.EXPIRED if signed.valid_until_us <= now_us else State.TRUSTED
    return ListSummary(row, signed, state, is_newest)


def row_of(tables: Tables, list_id: str) -> FlagListRow:
    """Return the list with that id. Raises UsageError."""
    flag_list_row = tables[FlagListRow].get(list_id)
    if flag_list_row is None:
        raise UsageError("no list of this id was used in this workspace", hint="the page of lists has those that were")
    return flag_list_row


def load_list(tables: Tables, list_id: str, now_us: int) -> ListView:
    """Return everything about one list: each signature, newest first, and its issuers' other lists."""
    row_of(tables, list_id)
    every = list_lists(tables, now_us)
    mine = sorted((one for one in every if one.row.list_id == list_id), key=lambda one: -one.signed.registered_at_us)
    if not mine:
        raise UsageError("no signature of this list is kept", hint="sightline verify names what is wrong")
    issuers_of_it = {one.signed.issuer for one in mine}
    others = [one for one in every if one.row.list_id != list_id and one.signed.issuer in issuers_of_it]
    run_ids = [one.run_id for one in tables[RunList].where(list_id=list_id)]
    exhibits = {one.exhibit_id for one in tables[Run].within("run_id", run_ids)}
    return ListView(
        mine[0],
        tuple(mine[1:]),
        tables[IssuerKey].get(mine[0].signed.key_id),
        tuple(sorted(others, key=lambda one: -one.signed.registered_at_us)),
        len(run_ids),
        tuple(sorted(exhibits)),
    )
