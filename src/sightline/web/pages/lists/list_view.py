"""View of flag lists: the state of each signature, its versions, and the exhibits they were used on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework.reference_data import issuers, list_series
from sightline.errors import UsageError
from sightline.storage.rows import FlagListRow, IssuerKey, ListSignature, Run, RunList
from sightline.storage.table import Tables


class SignatureState(StrEnum):
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
    state: SignatureState
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


def list_keys(tables: Tables) -> list[IssuerKey]:
    """Return every key that is or was trusted."""
    return issuers.list_issuer_keys(tables)


def list_lists(tables: Tables, now_us: int) -> list[ListSummary]:
    """Return every list under every signature, by issuer, newest first."""
    rows = {flag_list_row.list_id: flag_list_row for flag_list_row in tables[FlagListRow].select()}
    signed = tables[ListSignature].select()
    known, newest = (
        {issuer_key.key_id: issuer_key for issuer_key in tables[IssuerKey].select()},
        set(list_series.list_newest_versions(signed)),
    )
    list_signatures = sorted(
        signed, key=lambda signature: (signature.issuer, -signature.registered_at_us, signature.list_id)
    )
    return [
        _build_summary(rows[list_signature.list_id], list_signature, known, now_us, is_newest=list_signature in newest)
        for list_signature in list_signatures
    ]


def _build_summary(
    row: FlagListRow, signed: ListSignature, known: Mapping[str, IssuerKey], now_us: int, *, is_newest: bool
) -> ListSummary:
    key = known.get(signed.key_id)
    if key is None or key.revoked_at_us is not None:
        return ListSummary(row, signed, SignatureState.REVOKED, is_newest)
    state = SignatureState.EXPIRED if signed.valid_until_us <= now_us else SignatureState.TRUSTED
    return ListSummary(row, signed, state, is_newest)


def find_list_row(tables: Tables, list_id: str) -> FlagListRow:
    """Return the list with that id. Raises UsageError."""
    flag_list_row = tables[FlagListRow].get(list_id)
    if flag_list_row is None:
        raise UsageError("no list of this id was used in this workspace", hint="the page of lists has those that were")
    return flag_list_row


def load_list(tables: Tables, list_id: str, now_us: int) -> ListView:
    """Return everything about one list: each signature, newest first, and its issuers' other lists."""
    find_list_row(tables, list_id)
    every = list_lists(tables, now_us)
    mine = sorted(
        (list_summary for list_summary in every if list_summary.row.list_id == list_id),
        key=lambda one: -one.signed.registered_at_us,
    )
    if not mine:
        raise UsageError("no signature of this list is kept", hint="sightline verify names what is wrong")
    issuers_of_it = {list_summary.signed.issuer for list_summary in mine}
    others = [
        list_summary
        for list_summary in every
        if list_summary.row.list_id != list_id and list_summary.signed.issuer in issuers_of_it
    ]
    run_ids = [run_list.run_id for run_list in tables[RunList].select(list_id=list_id)]
    exhibits = {run.exhibit_id for run in tables[Run].select_within("run_id", run_ids)}
    return ListView(
        mine[0],
        tuple(mine[1:]),
        tables[IssuerKey].get(mine[0].signed.key_id),
        tuple(sorted(others, key=lambda one: -one.signed.registered_at_us)),
        len(run_ids),
        tuple(sorted(exhibits)),
    )
