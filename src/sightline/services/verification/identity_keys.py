"""Check identity keys against the ledger: none overwritten, missing, added or restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sightline.ledger.verbs import Verb
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.storage.rows import IdentityKey, LedgerRow, Opening
from sightline.storage.table import Tables
from sightline.workspace import identity_keys
from sightline.workspace.identity_keys import KeyCommitment


def verify_identity_keys(tables: Tables, report: VerificationReport, going_on: Callable[[], None]) -> None:
    """Compare the digest of every key, and check that purged ones are gone."""
    commitments: dict[str, tuple[int, KeyCommitment]] = {}
    for subscriber, one in _list_key_entries(tables):
        # The first entry counts: none is written again for a key that was overwritten.
        commitments.setdefault(subscriber, one)
    purged = {row.thing.partition(":")[2]: row.seq for row in tables[LedgerRow].select(verb=Verb.IDENTITY_PURGED.value)}
    for row in tables[IdentityKey].read_each():
        going_on()
        report.counts[VerifiedPart.THING] += 1
        wrong = _find_fault(row, commitments.pop(row.subscriber_id, None), purged.get(row.subscriber_id))
        if wrong is not None:
            report.add_finding(VerifiedPart.THING, f"identity key {row.subscriber_id}", wrong)
    for subscriber, (seq, _) in commitments.items():
        report.add_finding(
            VerifiedPart.THING, f"identity key {subscriber}", f"is not there, though entry {seq} tells of it"
        )


def _find_fault(row: IdentityKey, named_key: tuple[int, KeyCommitment] | None, purged: int | None) -> str | None:
    """Return what is wrong with the row of a key; None if nothing is."""
    if named_key is None:
        return "no entry of the ledger tells of it"
    seq, commitment = named_key
    if row.made_at_us != commitment.made_at_us:
        return f"was not made when entry {seq} tells"
    if row.key is None:
        is_gone_rightly = purged is not None or commitment.key_sha256 is None
        return None if is_gone_rightly else "is emptied, though no entry tells that it was purged"
    if purged is not None:
        return f"is there, though entry {purged} tells that it was purged"
    return (
        None
        if identity_keys.hash_key(row.key) == commitment.key_sha256
        else f"is not the one that entry {seq} tells of"
    )


def _list_key_entries(tables: Tables) -> Iterator[tuple[str, tuple[int, KeyCommitment]]]:
    """Each key with the entry that tells of it, by the subscriber's id."""
    for row in tables[LedgerRow].select(verb=Verb.IDENTITY_KEYED.value):
        opening = tables[Opening].get(row.seq, identity_keys.NAME)
        try:
            content = identity_keys.read(opening.text) if opening is not None and opening.text is not None else {}
        except (ValueError, TypeError, KeyError, AttributeError):
            # That it was altered is noted with the ledger.
            continue
        for name, commitment in content.items():
            yield name, (row.seq, commitment)
