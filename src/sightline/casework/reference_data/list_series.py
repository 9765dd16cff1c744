"""Versions of flag lists as used: which replace each other, which is newer, and which are in force.

An issuer's versions of one series replace each other. A signature without a series that has a number continues what its
issuer numbered for the same category and use. Without a number, its series is the one that its file's name gave. A list
that was registered before that was stored may be continued by any of the same issuer, category and use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sightline.model import ListUse
from sightline.stages.lists.list_versions import UNKNOWN, Order, parse_version_order
from sightline.storage.rows import FlagListRow, IssuerKey, ListSignature, RunList
from sightline.storage.table import Tables
from sightline.workspace.list_signatures import is_series_signed
from sightline.workspace.run_members import do_overlap

Pair = tuple[str, str]
"""An issuer and a list id: whose hits are meant. Two issuers may have signed the same bytes."""


def is_same_series(signature: ListSignature, other: ListSignature) -> bool:
    """Return whether two lists are versions of one list, so that the newer replaces the older."""
    if signature.issuer != other.issuer:
        return False
    signed = is_series_signed(signature), is_series_signed(other)
    if all(signed):
        return signature.series == other.series
    if (signature.category, signature.use) != (other.category, other.use):
        return False
    if signature.series is None or other.series is None or signature.series == other.series:
        return True
    return not any(signed) and UNKNOWN not in (
        parse_version_order(signature.version),
        parse_version_order(other.version),
    )


def is_newer(signature: ListSignature, other: ListSignature) -> bool:
    """Return whether the first of two versions is newer: by version, else by first use."""
    if signature.series is not None and other.series is not None:
        return _rank_signature(signature) > _rank_signature(other)
    return signature.registered_at_us > other.registered_at_us


def _rank_signature(signature: ListSignature) -> tuple[Order, int]:
    return parse_version_order(signature.version), signature.registered_at_us


def list_newest_versions(list_signatures: Sequence[ListSignature]) -> list[ListSignature]:
    """Return the newest version of each series, in the order given."""
    return [
        signature
        for signature in list_signatures
        if not any(
            other is not signature and is_same_series(signature, other) and is_newer(other, signature)
            for other in list_signatures
        )
    ]


def select_signatures_in_force(
    list_signatures: Sequence[ListSignature], trusted: set[str], now_us: int
) -> list[ListSignature]:
    """Return the newest version of each series if it is valid and its key trusted. An older one never is in force."""
    return [
        signature
        for signature in list_newest_versions(list_signatures)
        if signature.valid_until_us > now_us and signature.key_id in trusted
    ]


def find_list_signatures(tables: Tables, lists: Iterable[RunList]) -> dict[tuple[str, int], ListSignature]:
    """Return the signature under which each list of a run was used, by run and position."""
    used = list(lists)
    known = {signature.signature_id: signature for signature in tables[ListSignature].select()}
    first: Mapping[str, FlagListRow] = {}
    if any(run_list.signature_id is None for run_list in used):
        first = {flag_list_row.list_id: flag_list_row for flag_list_row in tables[FlagListRow].select()}
    return {
        (run_list.run_id, run_list.position): known[run_list.signature_id]
        if run_list.signature_id
        else _make_unknown_signature(run_list, first[run_list.list_id])
        for run_list in used
    }


def find_newest_list_signatures(tables: Tables, lists: Iterable[RunList]) -> dict[tuple[str, int], ListSignature]:
    """Return the newest signature of the same bytes, use and category as each list of a run, by run and position.

    A list that returns to what it was is read by the run that read it first. Signatures of revoked keys are left out.
    """
    revoked = {issuer_key.key_id for issuer_key in tables[IssuerKey].select() if issuer_key.revoked_at_us is not None}
    by_list: dict[tuple[str, ListUse, str | None], list[ListSignature]] = {}
    for signature in tables[ListSignature].select():
        if signature.key_id not in revoked:
            by_list.setdefault((signature.list_id, signature.use, signature.category), []).append(signature)
    result = {}
    for place, used in find_list_signatures(tables, lists).items():
        result[place] = used
        for other in by_list.get((used.list_id, used.use, used.category), ()):
            if is_same_series(other, used) and is_newer(other, result[place]):
                result[place] = other
    return result


def _make_unknown_signature(run_list: RunList, first: FlagListRow) -> ListSignature:
    """Return a stand-in for the signature of a run purged before signatures were stored: the list's first."""
    return ListSignature(
        "",
        first.list_id,
        run_list.issuer,
        None,
        first.version,
        first.category,
        first.use,
        first.valid_until_us,
        first.key_id,
        first.transcribed_by,
        first.original_sha256,
        "",
        first.registered_at_us,
    )


def list_superseding_runs(
    runs: Sequence[tuple[str, Sequence[tuple[Pair, ListSignature]]]], members: Mapping[str, str | None]
) -> dict[str, dict[Pair, str]]:
    """Return what replaced each list of an exhibit's runs, oldest run first: the id of the newest run.

    A list is replaced by a newer version of its series, and by the same version in a later run. A list that nothing
    replaced is not in the result. Each run is its id and its lists with their newest signatures. `members` are those
    that a run read of an archive, by run: a run of other members replaces nothing.
    """
    result: dict[str, dict[Pair, str]] = {run_id: {} for run_id, _ in runs}
    for at, (run_id, lists) in enumerate(runs):
        for place, (other_id, others) in enumerate(runs):
            if place == at or not do_overlap(members.get(run_id), members.get(other_id)):
                continue
            for pair, signature in lists:
                if any(_replaces_list(other, signature, is_later=place > at) for _, other in others):
                    result[run_id][pair] = other_id
    return result


def _replaces_list(other: ListSignature, signature: ListSignature, *, is_later: bool) -> bool:
    """Return whether a list of another run takes the place of one of this run."""
    if not is_same_series(signature, other):
        return False
    return is_newer(other, signature) or (is_later and not is_newer(signature, other))
