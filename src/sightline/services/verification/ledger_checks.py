"""Recompute the ledger: every entry, its signature and position, every checkpoint, every seal of the journal."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from sightline.casework.permissions.approval_chain import build_policy
from sightline.ledger import journal, journal_seals, note
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.entry import SALT_BYTES, Entry, compute_commitment
from sightline.ledger.instants import to_microseconds
from sightline.ledger.met_keys import untie_met
from sightline.ledger.note import NoteKey, SignatureKind
from sightline.ledger.replay import Replay
from sightline.ledger.replay_state import Texts
from sightline.ledger.tree import HASH_BYTES, Frontier, hash_leaf
from sightline.ledger.verbs import Verb
from sightline.message_text import count_noun
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.storage import protection
from sightline.storage.rows import (
    Checkpoint,
    Countersignature,
    LedgerRow,
    Officer,
    Opening,
    StoredJournalRow,
    Witness,
    Workspace,
)
from sightline.storage.table import Tables

TIED = "were enrolled only by officers who are tied to each other: by the ledger one person could hold all these keys"


@dataclass(slots=True)
class LedgerState:
    """The state of a verification at one entry: officers who can act, tree roots by size, last states of things."""

    report: VerificationReport
    replay: Replay = field(default_factory=lambda: Replay(build_policy()))
    roots: dict[int, bytes] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)
    countersigned: dict[tuple[object, object], int] = field(default_factory=dict)
    states: dict[str, tuple[int, str]] = field(default_factory=dict)
    seals: list[Entry] = field(default_factory=list)
    runs: dict[str, Entry] = field(default_factory=dict)
    size: int = 0


def verify_ledger(
    tables: Tables,
    origin: str,
    report: VerificationReport,
    going_on: Callable[[], None],
    met_keys: frozenset[str] = frozenset(),
) -> LedgerState:
    """Recompute the ledger, and return the facts in it that files and tables are checked against.

    `met_keys` were compared by somebody outside: their officers are tied to nobody.
    """
    reader = LedgerState(report)
    for difference in protection.compare_protection(tables.connection):
        report.add_finding(VerifiedPart.LEDGER, difference.name, difference.what)
    sizes = {checkpoint.size for checkpoint in tables[Checkpoint].read_each()}
    frontier = Frontier()
    last: Entry | None = None
    for row in tables[LedgerRow].read_each():
        going_on()
        entry = _read(row, reader.size, report)
        frontier.append(row.leaf_hash)
        reader.size += 1
        if reader.size in sizes:
            reader.roots[reader.size] = frontier.compute_root()
            reader.times[reader.size] = to_microseconds(entry.at) if entry else 0
        if entry is not None:
            if last is not None and entry.at != last.at and reader.size - 1 not in sizes:
                report.add_finding(
                    VerifiedPart.CHECKPOINT, f"size {reader.size - 1}", "is missing: each change ends with one"
                )
            _take_entry(reader, entry, last, _build_texts(tables, entry))
            last = entry
    reader.replay.end()
    _tell(reader)
    _report_ties(tables, reader, met_keys)
    reader.roots[reader.size] = frontier.compute_root()
    report.counts[VerifiedPart.LEDGER] = reader.size
    _check_openings(tables, reader, going_on)
    _check_checkpoints(tables, origin, reader)
    _check_journal(tables, reader)
    return reader


def _read(row: LedgerRow, place: int, report: VerificationReport) -> Entry | None:
    """Return the entry of a row, or None if it cannot be read. Faults go into the report."""
    where = f"entry {row.seq}"
    if row.seq != place:
        report.add_finding(VerifiedPart.LEDGER, f"entry {place}", f"is missing: the next one there is {row.seq}")
    data = row.entry_json.encode()
    if hash_leaf(data) != row.leaf_hash:
        report.add_finding(VerifiedPart.LEDGER, where, "its leaf hash is not that of its text")
    try:
        entry = Entry.read(data)
    except WrongEncoding as error:
        report.add_finding(VerifiedPart.LEDGER, where, f"is no entry: {error}")
        return None
    if (entry.seq, entry.verb, entry.actor, entry.thing) != (row.seq, row.verb, row.actor, row.thing):
        report.add_finding(VerifiedPart.LEDGER, where, "what it is looked up by is not what it says")
    return entry


def _take_entry(reader: LedgerState, entry: Entry, last: Entry | None, texts: Texts) -> None:
    where = f"entry {entry.seq}"
    if last is not None and entry.at < last.at:
        reader.report.add_finding(VerifiedPart.LEDGER, where, "is earlier than the entry before")
    reader.replay.take(entry, texts)
    _tell(reader)
    if "state" in entry.commits:
        reader.states[entry.thing] = entry.seq, entry.commits["state"]
    if entry.verb == Verb.JOURNAL_SEALED:
        reader.seals.append(entry)
    if entry.verb == Verb.CHECKPOINT_COUNTERSIGNED:
        reader.countersigned[entry.facts.get("size"), entry.facts.get("signature")] = to_microseconds(entry.at)
    if entry.verb == Verb.RUN_REGISTERED:
        reader.runs[str(entry.facts.get("run"))] = entry


def _tell(reader: LedgerState) -> None:
    """Add the findings of the replay of keys, roles and approvals to the report."""
    for seq, what in reader.replay.take_problems():
        reader.report.add_finding(VerifiedPart.LEDGER, f"entry {seq}", what)


def _build_texts(tables: Tables, entry: Entry) -> Texts:
    """The texts that an entry commits to, read on demand."""

    def text(name: str) -> str | None:
        opening = tables[Opening].get(entry.seq, name) if name in entry.commits else None
        if opening is None or opening.salt is None or opening.text is None or len(opening.salt) != SALT_BYTES:
            return None
        is_same = compute_commitment(opening.text, opening.salt) == entry.commits[name]
        return opening.text if is_same else None

    return cache(text)


def _report_ties(tables: Tables, reader: LedgerState, met_keys: frozenset[str]) -> None:
    """Report officers who could be one person, from their enrolments. The ledger cannot rule it out."""
    names = {
        officer.officer_id: officer.name for officer in tables[Officer].read_each(damaged=lambda _key, _what: None)
    }
    ties = untie_met(tables, reader.replay.ties, met_keys) if met_keys else reader.replay.ties
    for person_ids in ties.group_by_person([role for role in reader.replay.roles if reader.replay.is_on_duty(role)]):
        if len(person_ids) > 1:
            who = ", ".join(names.get(officer_id, officer_id) for officer_id in person_ids)
            reader.report.note(VerifiedPart.LEDGER, f"{count_noun(len(person_ids), 'officer')} ({who})", TIED)


def _check_openings(tables: Tables, reader: LedgerState, going_on: Callable[[], None]) -> None:
    """Compare every opening with its commitment, and report missing ones."""
    report = reader.report
    entries = _list_commits(tables)
    current = next(entries, None)
    for opening in tables[Opening].read_each():
        going_on()
        while current is not None and current[0] < opening.seq:
            _report_unopened(report, *current)
            current = next(entries, None)
        where = f"opening {opening.name} of entry {opening.seq}"
        if current is None or current[0] != opening.seq or opening.name not in current[1]:
            report.add_finding(VerifiedPart.LEDGER, where, "no entry commits to it")
            continue
        committed = current[1].pop(opening.name)
        if opening.salt is None or opening.text is None:
            continue
        if len(opening.salt) != 16 or compute_commitment(opening.text, opening.salt) != committed:
            report.add_finding(VerifiedPart.LEDGER, where, "is not what the entry commits to")
    while current is not None:
        _report_unopened(report, *current)
        current = next(entries, None)


def _list_commits(tables: Tables) -> Iterator[tuple[int, dict[str, str]]]:
    for row in tables[LedgerRow].read_each():
        try:
            entry = Entry.read(row.entry_json.encode())
        except WrongEncoding:
            continue
        if entry.commits:
            yield entry.seq, dict(entry.commits)


def _report_unopened(report: VerificationReport, seq: int, names: dict[str, str]) -> None:
    for name in names:
        report.add_finding(VerifiedPart.LEDGER, f"opening {name} of entry {seq}", "is missing")


def _check_checkpoints(tables: Tables, origin: str, reader: LedgerState) -> None:
    report = reader.report
    workspace = next(iter(tables[Workspace].select()), None)
    if workspace is None or len(workspace.log_key) != 32:
        report.add_finding(VerifiedPart.CHECKPOINT, "workspace", "its row with the log key is missing or damaged")
        return
    log = NoteKey(origin, workspace.log_key)
    if reader.replay.log_key != workspace.log_key:
        report.add_finding(VerifiedPart.CHECKPOINT, "workspace", "its log key is not the one that entry 0 names")
    last = 0
    for checkpoint in tables[Checkpoint].read_each():
        last = checkpoint.size
        _check_checkpoint(checkpoint, log, reader)
    if last < reader.size:
        report.add_finding(
            VerifiedPart.CHECKPOINT, f"size {reader.size}", f"no checkpoint covers the entries from {last} on"
        )
    witnesses = {witness.name: witness.public_key for witness in tables[Witness].select()}
    notes = {checkpoint.size: checkpoint.note for checkpoint in tables[Checkpoint].read_each()}
    for signed in tables[Countersignature].read_each():
        _check_countersignature(signed, notes.get(signed.size), witnesses.get(signed.name), reader)
    for size, _ in reader.countersigned:
        report.add_finding(
            VerifiedPart.CHECKPOINT, f"size {size}", "a countersignature that an entry tells of is missing"
        )


def _check_checkpoint(one: Checkpoint, log: NoteKey, reader: LedgerState) -> None:
    where = f"size {one.size}"
    try:
        read = note.SignedNote.read(one.note.encode())
        note.verify_note(read, [log])
        checkpoint = note.TreeHead.read(read.text)
    except WrongEncoding as error:
        reader.report.add_finding(VerifiedPart.CHECKPOINT, where, str(error))
        return
    if checkpoint.size != one.size or checkpoint.origin != log.name:
        reader.report.add_finding(VerifiedPart.CHECKPOINT, where, "is of another size or workspace")
    root = reader.roots.get(one.size)
    if root is None:
        reader.report.add_finding(
            VerifiedPart.CHECKPOINT,
            where,
            f"the ledger ends before it, at {count_noun(reader.size, 'entry', 'entries')}",
        )
    elif checkpoint.root != root:
        reader.report.add_finding(VerifiedPart.CHECKPOINT, where, "the ledger is another than the one that was signed")
    if one.at_us != reader.times.get(one.size, one.at_us):
        reader.report.add_finding(VerifiedPart.CHECKPOINT, where, "was not made at the time of its last entry")
    peaks = [one.peaks[at : at + HASH_BYTES] for at in range(0, len(one.peaks), HASH_BYTES)]
    if one.size.bit_count() != len(peaks) or any(len(peak) != HASH_BYTES for peak in peaks):
        reader.report.add_finding(VerifiedPart.CHECKPOINT, where, "its peaks are damaged")
    elif Frontier(one.size, peaks).compute_root() != checkpoint.root:
        reader.report.add_finding(VerifiedPart.CHECKPOINT, where, "its peaks are not those of its root")
    reader.report.counts[VerifiedPart.CHECKPOINT] += 1


def _check_countersignature(
    signed: Countersignature, text: str | None, public: bytes | None, reader: LedgerState
) -> None:
    report, where = reader.report, f"countersignature of {signed.name} under size {signed.size}"
    if text is None or public is None:
        report.add_finding(VerifiedPart.CHECKPOINT, where, "its checkpoint or its witness is not in the record")
        return
    try:
        line = note.NoteSignature.read(signed.line.removesuffix("\n"))
        read = note.SignedNote.read(text.encode())
        note.verify_note(note.SignedNote(read.text, (line,)), [NoteKey(signed.name, public, SignatureKind.COSIGNATURE)])
    except WrongEncoding as error:
        report.add_finding(VerifiedPart.CHECKPOINT, where, str(error))
        return
    if reader.countersigned.pop((signed.size, base64.b64encode(line.value).decode()), None) != signed.at_us:
        report.add_finding(VerifiedPart.CHECKPOINT, where, "no entry tells that it came then")


def _check_journal(tables: Tables, reader: LedgerState) -> None:
    """Compare the journal's rows with its seals. Rows since the last seal are not sealed yet."""
    report, place = reader.report, 0
    rows = iter(tables[StoredJournalRow].read_each())
    for entry in reader.seals:
        first, last = entry.facts.get("first"), entry.facts.get("last")
        if not isinstance(first, int) or not isinstance(last, int):
            report.add_finding(
                VerifiedPart.LEDGER, f"entry {entry.seq}", "seals the journal, and does not say which rows"
            )
            continue
        if first != place:
            report.add_finding(VerifiedPart.JOURNAL, f"rows {place} to {first}", "no seal covers them")
        sealed = [seen for _, seen in zip(range(first, last + 1), rows, strict=False)]
        place = last + 1
        try:
            facts = journal.seal_rows([_check_seen(row, report) for row in sealed])
        except WrongEncoding as error:
            report.add_finding(VerifiedPart.JOURNAL, f"rows {first} to {last}", str(error))
            continue
        if facts != dict(entry.facts):
            report.add_finding(VerifiedPart.JOURNAL, f"rows {first} to {last}", "are not what was sealed")
        report.counts[VerifiedPart.JOURNAL] += len(sealed)
    for seen in rows:
        _check_seen(seen, report)
        report.counts[VerifiedPart.JOURNAL] += 1


def _check_seen(seen: StoredJournalRow, report: VerificationReport) -> journal.JournalRow:
    if seen.salt is not None and seen.text is not None and compute_row_commitment(seen) != seen.committed:
        report.add_finding(VerifiedPart.JOURNAL, f"row {seen.seq}", "its text is not what it commits to")
    return journal_seals.build_journal_row(seen)


def compute_row_commitment(seen: StoredJournalRow) -> str:
    """Return the commitment of a journal row's text, or "" if its salt is invalid."""
    salt, text = seen.salt or b"", seen.text or ""
    return compute_commitment(text, salt) if len(salt) == 16 else ""
