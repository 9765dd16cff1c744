"""Bundles of an exhibit for court or defence: rows and entries with proofs, manifests, the verifier (ADR 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sightline.casework import approvals
from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.casework.exhibits import Shown, shown_exhibit
from sightline.engines import local
from sightline.engines.outputs import check_one
from sightline.errors import DamagedInput, UsageError
from sightline.record.evidence.bundle_file import Bundle, BundleKind, Opening, ProvedEntry, ProvedRow, write_bundle
from sightline.record.ledger.canonical import time_text
from sightline.record.ledger.entry import Entry
from sightline.record.ledger.journal import JournalRow
from sightline.record.ledger.note import Note, NoteSignature
from sightline.record.ledger.sealing import journal_row
from sightline.record.ledger.tree import inclusion_paths
from sightline.record.ledger.verbs import Seen, Verb
from sightline.record.store import rows as kept
from sightline.record.store.rows import Checkpoint, Countersignature, LedgerRow, Run, Witness
from sightline.record.store.shelf import Shelves
from sightline.records import ListUse
from sightline.stages.canonical.address import address as canonical_address

OF_OTHERS = frozenset({Verb.BUNDLE_MADE.value, Verb.PURGE_DONE.value, Verb.HOLD_SET.value, Verb.HOLD_LIFTED.value})
"""Entries about an exhibit that can tell of others than the accused: they stay in the record."""


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """What a bundle shall hold. For the defence: one source address, and the half-open times of its visits."""

    kind: BundleKind
    out: Path
    why: str
    exhibit: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    documents: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: the digest of its bundle.json, and how much is in it."""

    out: Path
    digest: str
    rows: int
    entries: int


def bundle(desk: Desk, request: BundleRequest) -> Made:
    """Write a bundle, once two officers agreed to just this; the ledger tells of it by its digest."""
    check_one(request.out, (), overwrite=False)
    address = _address(request)
    with desk.read(Action.BUNDLE, f"exhibit:{request.exhibit or 'all'}", Seen.EXPORT_HITS) as shelves:
        shown = shown_exhibit(shelves, request.exhibit) if request.exhibit else None
    thing = f"exhibit:{shown.exhibit.exhibit_id}" if shown else "workspace:all"
    wanted: approvals.Request = {
        "kind": request.kind.value,
        "thing": thing,
        "address": address,
        "since": None if request.since is None else time_text(request.since),
        "until": None if request.until is None else time_text(request.until),
    }
    approval = approvals.require_given(desk, Action.BUNDLE, thing, wanted, request.why)
    with desk.workspace.reading() as shelves:
        found = _rows(desk, request, shown, address) if shown else {}
        parts = _parts(shelves, request, shown, found, desk.clock())
        digest = write_bundle(request.out, parts, desk.workspace.log_signer().private)
    counts = sum(map(len, found.values())), len(list(parts.entries))
    with desk.change(Action.BUNDLE, thing) as change:
        approvals.use(change, approval)
        facts = {"kind": request.kind.value, "bundle": digest, "rows": counts[0]}
        change.ledger.append(Verb.BUNDLE_MADE, change.signer, thing, facts=facts, tells={"why": request.why})
    return Made(request.out, digest, *counts)


def _address(request: BundleRequest) -> str | None:
    """The canonical address of a bundle for the defence; others have none."""
    is_defence = request.kind is BundleKind.DEFENCE
    if is_defence != (request.address is not None):
        raise UsageError("a bundle for the defence is of one address, and only that one", hint="--address ADDRESS")
    if (request.exhibit is None) != (request.kind is BundleKind.LEDGER):
        raise UsageError("name one exhibit, or ask for the ledger", hint="sightline exhibit list")
    if request.address is None:
        return None
    found = canonical_address(request.address)
    if found is None:
        raise UsageError(f"--address {request.address}: no address", hint="for example 192.0.2.7 or 2001:db8::7")
    return str(found)


def _rows(desk: Desk, request: BundleRequest, shown: Shown, address: str | None) -> dict[str, list[ProvedRow]]:
    """The rows by segment, with salts; for the defence those of the address, with paths."""
    engine, found = local.engine()[1], {}
    for run in _current(shown):
        for one in (each for each in shown.segments if each.run_id == run.run_id):
            with desk.workspace.segments.local_path(one.file) as path:
                indices = None if address is None else _indices(path, address, request)
                if run.row_key is None or indices == []:
                    continue
                proofs = engine.segment_rows(path, run.row_key, indices)
            found[one.segment_id] = [
                ProvedRow(each.index, each.salt, each.row, None if address is None else each.path) for each in proofs
            ]
    return found


def _current(shown: Shown) -> list[Run]:
    """The runs whose hits count: newest by issuer, those for statistics left out; every one that has segments."""
    return [run for run in shown.runs if run.use is ListUse.LEADS]


def _indices(path: Path, address: str, request: BundleRequest) -> list[int]:
    import polars  # noqa: PLC0415  - takes a while to load

    frame = polars.scan_parquet(path).select("source_ip", "timestamp").with_row_index("index")
    frame = frame.filter(polars.col("source_ip") == address)
    if request.since is not None:
        frame = frame.filter(polars.col("timestamp") >= request.since)
    if request.until is not None:
        frame = frame.filter(polars.col("timestamp") < request.until)
    return [int(index) for index in frame.collect()["index"]]


def _parts(
    shelves: Shelves, request: BundleRequest, shown: Shown | None, rows: Mapping[str, list[ProvedRow]], now: datetime
) -> Bundle:
    checkpoint = shelves[Checkpoint].last("size")
    assert checkpoint is not None
    entries, openings = _entries(shelves, request.kind, shown, checkpoint.size)
    lines = [
        NoteSignature.read(one.line.removesuffix("\n")) for one in shelves[Countersignature].where(size=checkpoint.size)
    ]
    return Bundle(
        kind=request.kind,
        made_at=now,
        checkpoint=Note.read(checkpoint.note.encode()).signed(*lines),
        entries=entries,
        witnesses={one.name: one.public_key for one in shelves[Witness].where()},
        openings=openings,
        rows=rows,
        documents=_documents(request, shown),
        journal=_journal(shelves) if request.kind is BundleKind.LEDGER else (),
    )


def _journal(shelves: Shelves) -> Iterable[JournalRow]:
    """The rows of the journal that are sealed."""
    from sightline.record.ledger.sealing import sealed_until  # noqa: PLC0415

    last = sealed_until(shelves)
    return [journal_row(one) for one in shelves[kept.Seen].each(shelves[kept.Seen].column("seq") < last)]


def _documents(request: BundleRequest, shown: Shown | None) -> dict[str, bytes]:
    documents = {name: path.read_bytes() for name, path in request.documents.items()}
    for run in _current(shown) if shown else ():
        documents[f"manifest-{run.run_id[:16]}.json"] = run.manifest_json.encode()
    return documents


def _entries(
    shelves: Shelves, kind: BundleKind, shown: Shown | None, size: int
) -> tuple[list[ProvedEntry], dict[int, dict[str, Opening]]]:
    """The entries with their paths, and what may be opened of them."""
    if shown is None or kind is BundleKind.LEDGER:
        every = [_entry(one) for one in shelves[LedgerRow].each(shelves[LedgerRow].column("seq") < size)]
        return [ProvedEntry(one, None) for one in every], {}
    told = _of_exhibit(shelves, shown)
    signed = _with_keys(shelves, told)
    leaves = [one.leaf_hash for one in shelves[LedgerRow].each()][:size]
    paths = inclusion_paths(leaves, [one.seq for one in signed])
    entries = [ProvedEntry(one, path) for one, path in zip(signed, paths, strict=True)]
    openings = {one.seq: opened for one in told if (opened := _openings(shelves, one))}
    return entries, openings


def _of_exhibit(shelves: Shelves, shown: Shown) -> list[Entry]:
    """The entries about the exhibit, its holdings, custody, runs and lists."""
    things = [f"exhibit:{shown.exhibit.exhibit_id}"]
    things += [f"holding:{one.holding_id}" for one in shown.holdings]
    things += [f"custody:{one.custody_id}" for one in shown.custody]
    things += [f"run:{one.run_id}" for one in _current(shown)]
    things += [f"list:{one.list_id}" for one in shown.lists]
    found = [one for one in shelves[LedgerRow].within("thing", sorted(set(things))) if one.verb not in OF_OTHERS]
    return sorted(map(_entry, found), key=lambda one: one.seq)


def _with_keys(shelves: Shelves, told: Sequence[Entry]) -> list[Entry]:
    """The entries, and those that enrolled the keys which sign them, and so on up to the first."""
    found = {one.seq: one for one in told}
    wanted = {one.key for one in told}
    enrolled: dict[str, Entry] = {}
    for verb in (Verb.OFFICER_ENROLLED, Verb.KEY_ROTATED):
        for row in shelves[LedgerRow].where(verb=verb.value):
            entry = _entry(row)
            enrolled[str(entry.facts["key_id"])] = entry
    while wanted:
        enrolment = enrolled.get(wanted.pop())
        if enrolment is not None and enrolment.seq not in found:
            found[enrolment.seq] = enrolment
            wanted.add(enrolment.key)
    for row in shelves[LedgerRow].where(verb=Verb.KEY_REVOKED.value):
        entry = _entry(row)
        if entry.facts["key_id"] in {one.key for one in told}:
            found[entry.seq] = entry
    return [found[seq] for seq in sorted(found)]


def _openings(shelves: Shelves, entry: Entry) -> dict[str, Opening]:
    """What a bundle may open: the states of the exhibit's own things, which name no other person's line."""
    kept_ones = [shelves[kept.Opening].get(entry.seq, name) for name in entry.commits]
    return {
        one.name: Opening(one.salt, one.text)
        for one in kept_ones
        if one is not None and one.salt is not None and one.text is not None
    }


def _entry(row: LedgerRow) -> Entry:
    try:
        return Entry.read(row.entry_json.encode())
    except ValueError as why:
        raise DamagedInput(
            f"entry {row.seq} of the ledger: {why}", hint="sightline verify names all that is wrong"
        ) from None
