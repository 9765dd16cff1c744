"""Ledger entries in a bundle, with their proofs, and what may be opened of them (ADR 13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sightline.casework.exhibits.exhibits import ExhibitRecord
from sightline.casework.permissions.access import Action
from sightline.errors import DamagedInput
from sightline.evidence.bundle_file import BundleKind, BundleOpening, ProvedEntry
from sightline.ledger.append import name_row_thing
from sightline.ledger.entry import Entry
from sightline.ledger.tree import compute_inclusion_paths
from sightline.ledger.verbs import Verb
from sightline.services.documents.ledger_positions import CoveringCheckpoint, find_covering_checkpoint
from sightline.storage import rows as stored_rows
from sightline.storage.rows import Checkpoint, LedgerRow
from sightline.storage.table import Tables

GIVEN_OUT = frozenset({Verb.BUNDLE_MADE.value})
"""Entries that say who received what. They are no evidence, and no accused may learn another's name."""
OF_OTHERS = GIVEN_OUT | {Verb.PURGE_DONE.value, Verb.HOLD_SET.value, Verb.HOLD_LIFTED.value}
"""Entries about an exhibit that may reveal others than the one accused."""
OPEN_TO_ALL = frozenset({Verb.EXHIBIT_REGISTERED.value, Verb.LIST_REGISTERED.value})
"""Entries without officers' own words. What they commit to is opened to the defence."""
ENROLS = frozenset({Verb.OFFICER_ENROLLED.value, Verb.KEY_ROTATED.value})
OFFICERS = (Verb.WORKSPACE_MADE, Verb.OFFICER_ENROLLED, Verb.KEY_ROTATED, Verb.KEY_REVOKED)
"""Entries that say who could act. Each bundle has them, with the approvals they rest on."""
OF_OFFICERS = (Action.OFFICER_ENROL, Action.ACCOUNT_RECOVER)
OF_EXHIBITS = (Action.SOURCE_USE, Action.SCAN_WHOLE_LOG, Action.PURGE)
"""Acts of two officers about an exhibit and what it is held under. The entries of their approvals are included."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Ledger entries, the checkpoint that proves them, and the opened texts by seq and name."""

    proved: list[ProvedEntry]
    openings: dict[int, dict[str, BundleOpening]]
    over: CoveringCheckpoint


def read_whole_ledger(tables: Tables) -> Entries:
    """Return all entries up to the last checkpoint, without openings: an auditor reads acts, and no personal data."""
    last = tables[Checkpoint].find_last("size")
    assert last is not None, "a ledger with entries has a checkpoint"
    lines = [
        f"{countersignature.line.strip()}\n"
        for countersignature in tables[stored_rows.Countersignature].select(size=last.size)
    ]
    rows = tables[LedgerRow].read_each(tables[LedgerRow].get_column("seq") < last.size)
    return Entries(
        [ProvedEntry(read(ledger_row), None) for ledger_row in rows], {}, CoveringCheckpoint(last, tuple(lines))
    )


NARROW = frozenset({BundleKind.DEFENCE, BundleKind.REFERRAL})
"""Kinds of bundle about some persons, and nobody else."""


def select_entries(
    tables: Tables, kind: BundleKind, *exhibit_records: ExhibitRecord, over: CoveringCheckpoint | None = None
) -> Entries:
    """Return the entries about exhibits and all that they are held under, and those of the keys that sign them.

    `over`: the checkpoint that they are proved in, and after which none is included. None: the best that there is.
    """
    left_out = OF_OTHERS if kind in NARROW else GIVEN_OUT
    things = sorted({thing for record in exhibit_records for thing in _list_things(record)})
    ledger_rows = [
        ledger_row for ledger_row in tables[LedgerRow].select_within("thing", things) if ledger_row.verb not in left_out
    ]
    size = over.checkpoint.size if over else None
    entries = sorted(
        (read(ledger_row) for ledger_row in ledger_rows if size is None or ledger_row.seq < size),
        key=lambda entry: entry.seq,
    )
    named = {entry.seq for entry in _with_keys(tables, entries)}
    about = _list_approval_entries(tables, things)
    signed = [entry for entry in _with_officers(tables, entries, about) if size is None or entry.seq < size]
    over = over or find_covering_checkpoint(tables, signed[-1].seq)
    below = tables[LedgerRow].get_column("seq") < over.checkpoint.size
    paths = compute_inclusion_paths(
        (ledger_row.leaf_hash for ledger_row in tables[LedgerRow].read_each(below)), [entry.seq for entry in signed]
    )
    proved = [ProvedEntry(one, path) for one, path in zip(signed, paths, strict=True)]
    return Entries(proved, dict(_list_openings(tables, kind, signed, {entry.seq for entry in entries}, named)), over)


def _list_things(exhibit_record: ExhibitRecord) -> list[str]:
    things = {f"exhibit:{exhibit_record.exhibit.exhibit_id}"}
    things |= {f"holding:{holding.holding_id}" for holding in exhibit_record.holdings}
    things |= {f"custody:{custody.custody_id}" for custody in exhibit_record.custody}
    things |= {f"run:{run.run_id}" for run in exhibit_record.runs}
    things |= {f"list:{run_list.list_id}" for run_list in exhibit_record.lists}
    things |= {f"authority:{authority.authority_id}" for authority in exhibit_record.authorities}
    things |= {f"source:{source.source_id}" for source in exhibit_record.sources}
    things |= {f"case:{case.case_id}" for case in exhibit_record.cases}
    return sorted(things)


def _with_keys(tables: Tables, entries: Sequence[Entry]) -> list[Entry]:
    """Add the entries that enrolled or revoked the signing keys, recursively up to the first enrolment."""
    result = {entry.seq: entry for entry in entries}
    about: dict[str, list[Entry]] = {}
    for verb in sorted(ENROLS | {Verb.KEY_REVOKED.value}):
        for row in tables[LedgerRow].select(verb=verb):
            entry = read(row)
            about.setdefault(str(entry.facts["key_id"]), []).append(entry)
    wanted = {entry.key for entry in entries}
    while wanted:
        for entry in about.get(wanted.pop(), ()):
            if entry.seq not in result:
                result[entry.seq] = entry
                wanted.add(entry.key)
    return [result[seq] for seq in sorted(result)]


def _list_approval_entries(tables: Tables, things: Sequence[str]) -> list[LedgerRow]:
    """Return the entries of approvals by two officers about these things."""
    about = tables[stored_rows.Approval].select_within("thing", things)
    asked = sorted(name_row_thing(approval) for approval in about if approval.action in OF_EXHIBITS)
    return [
        ledger_row
        for ledger_row in tables[LedgerRow].select_within("thing", asked)
        if ledger_row.verb != Verb.PURGE_DONE
    ]


def _with_officers(tables: Tables, entries: Sequence[Entry], more: Sequence[LedgerRow]) -> list[Entry]:
    """Add every earlier entry that says who could act: key, role and approval.

    A verifier replays from them that two officers stand for every key and act. They hold ids, public keys and roles.
    """
    result = {entry.seq: entry for entry in _with_keys(tables, entries)}
    last = result[max(result)].at
    approvals = [
        approval for action in OF_OFFICERS for approval in tables[stored_rows.Approval].select(action=action.value)
    ]
    rows = [ledger_row for verb in OFFICERS for ledger_row in tables[LedgerRow].select(verb=verb.value)]
    rows += [
        *more,
        *tables[LedgerRow].select_within("thing", sorted(name_row_thing(approval) for approval in approvals)),
    ]
    every = {ledger_row.seq: read(ledger_row) for ledger_row in rows if ledger_row.seq not in result}
    # The rest of a change is told at one instant: an approval is used up right after the act.
    result |= {seq: entry for seq, entry in every.items() if entry.at <= last}
    return [result[seq] for seq in sorted(result)]


def _list_openings(
    tables: Tables, kind: BundleKind, entries: Iterable[Entry], seqs: set[int], signers: set[int]
) -> Iterable[tuple[int, dict[str, BundleOpening]]]:
    """Yield the texts that may be opened. For a court: all about the exhibit, and the names of the signing officers.

    For the defence nothing that an officer wrote in own words about exhibit, custody or matter: it may be of others. A
    court can have it opened at any time, and the certificate tells custody in full.
    """
    for entry in entries:
        is_open = (
            entry.verb in OPEN_TO_ALL
            if kind in NARROW
            else (entry.seq in seqs or (entry.verb in ENROLS and entry.seq in signers))
        )
        rows = [tables[stored_rows.Opening].get(entry.seq, name) for name in entry.commits] if is_open else []
        named = {
            row.name: BundleOpening(row.salt, row.text)
            for row in rows
            if row is not None and row.salt is not None and row.text is not None
        }
        if named:
            yield entry.seq, named


def read(row: LedgerRow) -> Entry:
    """Return the entry of a row. Raises DamagedInput if it is invalid."""
    try:
        return Entry.read(row.entry_json.encode())
    except ValueError as error:
        raise DamagedInput(
            f"entry {row.seq} of the ledger: {error}", hint="sightline verify names all that is wrong"
        ) from None
