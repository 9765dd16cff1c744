"""Contents of a bundle: rows with proofs, entries, manifests, graph and papers, written as they come."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sightline.casework.exhibits.exhibits import ExhibitRecord, RunsContent, load_exhibit_record
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import name_output_on_error
from sightline.evidence.bundle_file import BundleContent, BundleKind, ProvedRow, write_bundle
from sightline.evidence.segment_file import EVERY, RowFilter, find_segment_indices
from sightline.ledger.canonical import encode
from sightline.ledger.journal import JournalRow
from sightline.ledger.journal_seals import build_journal_row, find_sealed_end
from sightline.ledger.note import NoteSignature, SignedNote
from sightline.services.bundles.bundle_entries import Entries, read_whole_ledger, select_entries
from sightline.services.documents.exhibit_graph import draw_graph, require_kept, require_same_runs
from sightline.services.documents.exhibit_runs import ExhibitRun, filter_exhibit_record, list_exhibit_runs, open_segment
from sightline.services.documents.release import ReleaseSummary, map_write_errors
from sightline.services.match import engine
from sightline.services.resolution.line_records import LineRecords
from sightline.storage.rows import Segment, StoredJournalRow, Witness
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

GRAPH = "case.jsonld"


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a bundle: its exhibit (None: the ledger), rows and papers, with the graph or not.

    `line`: the rows are those of one line of a lead, and `row_filter` selects its records. `content`: the exhibit's
    runs as they were approved.
    """

    kind: BundleKind
    exhibit_id: str | None
    row_filter: RowFilter
    papers: Mapping[str, bytes]
    has_graph: bool
    line: LineRecords | None = None
    content: RunsContent | None = None

    @property
    def line_file(self) -> bytes | None:
        """Return `line.json`: the line, its lead, and each of its own records. None without a line."""
        if self.line is None:
            return None
        places = sorted(
            (record_place.address, record_place.member or "", record_place.byte_offset, record_place.member)
            for record_place in self.line.records
        )
        records = [{"address": one, "member": member, "byte_offset": at} for one, _, at, member in places]
        return encode({"v": 1, "lead": self.line.lead_id, "line": self.line.subscriber, "records": records})

    @property
    def thing(self) -> str:
        """Return the subject of the bundle, as entries name it."""
        return f"exhibit:{self.exhibit_id}" if self.exhibit_id else "workspace:all"


@dataclass(frozen=True, slots=True)
class _BundleParts:
    entries: Entries
    rows: Mapping[str, Iterable[ProvedRow]]
    row_count: int
    documents: Mapping[str, bytes | BinaryIO]
    journal: Sequence[JournalRow]


def write_contents(
    officer_session: OfficerSession, contents: Contents, tables: Tables, path: Path
) -> tuple[ReleaseSummary, int]:
    """Write the zip; return the digest of its bundle.json with the row count, and the number of entries."""
    with _gather(officer_session.workspace, tables, contents, path.absolute().parent) as gathered:
        over = gathered.entries.over
        parts = BundleContent(
            kind=contents.kind,
            made_at=officer_session.clock(),
            checkpoint=SignedNote.read(over.checkpoint.note.encode()).with_signatures(
                *(NoteSignature.read(line.removesuffix("\n")) for line in over.lines)
            ),
            entries=gathered.entries.proved,
            witnesses={witness.name: witness.public_key for witness in tables[Witness].select()},
            openings=gathered.entries.openings,
            rows=gathered.rows,
            documents=gathered.documents,
            journal=gathered.journal,
            line=contents.line_file,
        )
        digest = write_bundle(path, parts, officer_session.workspace.log_signer().private)
    return ReleaseSummary(digest, gathered.row_count), len(gathered.entries.proved)


@contextmanager
def _gather(workspace: Workspace, tables: Tables, contents: Contents, folder: Path) -> Iterator[_BundleParts]:
    if contents.exhibit_id is None:
        yield _BundleParts(read_whole_ledger(tables), {}, 0, contents.papers, _list_sealed_journal(tables))
        return
    record = load_exhibit_record(tables, contents.exhibit_id)
    require_kept(record)
    if contents.content is not None:
        require_same_runs(record, contents.content)
    runs = list_exhibit_runs(record)
    entries = select_entries(
        tables, contents.kind, filter_exhibit_record(record, runs, is_whole=contents.row_filter == EVERY)
    )
    documents: dict[str, bytes | BinaryIO] = dict(contents.papers)
    documents |= {
        f"manifest-{exhibit_run.run.run_id[:16]}.json": exhibit_run.run.manifest_json.encode() for exhibit_run in runs
    }
    rows, count = _collect_rows(workspace, runs, contents)
    with ExitStack() as stack:
        if contents.has_graph:
            documents[GRAPH] = _write_graph(stack, workspace, tables, record, contents, entries, folder)
        yield _BundleParts(entries, rows, count, documents, ())


def _write_graph(
    stack: ExitStack,
    workspace: Workspace,
    tables: Tables,
    record: ExhibitRecord,
    contents: Contents,
    entries: Entries,
    folder: Path,
) -> BinaryIO:
    """The graph in a file without a name: it may be larger than memory."""
    with name_output_on_error(folder):
        file: BinaryIO = stack.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
    draw_graph(map_write_errors(file, folder), workspace, tables, record, contents.row_filter, entries.over)
    with name_output_on_error(folder):
        file.flush()
    return file


def _collect_rows(
    workspace: Workspace, runs: Sequence[ExhibitRun], contents: Contents
) -> tuple[dict[str, Iterable[ProvedRow]], int]:
    """The rows of all runs by segment, read when they are written; for the defence those wanted, with paths."""
    rows: dict[str, Iterable[ProvedRow]] = {}
    count = 0
    for run in runs:
        for segment in run.segments:
            if contents.kind is BundleKind.COURT:
                rows[segment.segment_id] = prove_rows(workspace, run, segment, None)
                count += segment.rows
                continue
            with open_segment(workspace, segment) as path:
                indices = find_segment_indices(path, contents.row_filter)
            if indices:
                rows[segment.segment_id] = prove_rows(workspace, run, segment, indices)
                count += len(indices)
    return rows, count


def prove_rows(
    workspace: Workspace, run: ExhibitRun, segment: Segment, indices: list[int] | None
) -> Iterator[ProvedRow]:
    """Yield the rows of a segment at these places with their paths; None: all of them, without paths."""
    assert run.run.row_key is not None, "a current run was not purged"
    with open_segment(workspace, segment) as path:
        proofs = engine.choose_engine()[1].read_segment_rows(path, run.run.row_key, indices)
    for proof in proofs:
        yield ProvedRow(proof.index, proof.salt, proof.row, None if indices is None else proof.path)


def _list_sealed_journal(tables: Tables) -> list[JournalRow]:
    """The rows of the journal that are sealed."""
    last = find_sealed_end(tables)
    return [
        build_journal_row(row)
        for row in tables[StoredJournalRow].read_each(tables[StoredJournalRow].get_column("seq") < last)
    ]
