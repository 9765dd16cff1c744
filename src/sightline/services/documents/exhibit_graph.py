"""Write the CASE/UCO graph of an exhibit: hits that count, and what the workspace knows about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sightline.casework.exhibits.exhibits import (
    ExhibitRecord,
    RunsContent,
    describe_runs_content,
    find_exhibit,
    load_exhibit_record,
)
from sightline.casework.exhibits.tip_runs import is_tip
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, Refused, UsageError, name_output_on_error
from sightline.evidence.case.exhibit_facts import ExhibitProvenance, LedgerPositions, RunProvenance
from sightline.evidence.case.exhibit_graph import RecordGraph
from sightline.evidence.origin import ExhibitOrigin, ListOrigin, Origins
from sightline.evidence.segment_file import EVERY, RowFilter, read_segment_hits
from sightline.evidence.survey import survey_rows
from sightline.ledger.note import SignedNote
from sightline.ledger.note import TreeHead as Signed
from sightline.model import Hit
from sightline.services.documents.exhibit_runs import ExhibitRun, filter_exhibit_record, list_exhibit_runs, open_segment
from sightline.services.documents.ledger_positions import CoveringCheckpoint, find_covering_checkpoint
from sightline.services.documents.release import (
    HandingOver,
    ReleaseSummary,
    check_new,
    hand_over_file,
    map_write_errors,
)
from sightline.stages.canonical.address import parse_address as canonical_address
from sightline.storage.rows import FlagListRow, LedgerRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

TLP = "amber"
WRITE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """The exhibit of the graph, the reason for its export, and optionally the one source address."""

    exhibit: str
    out: Path
    why: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class GraphSummary:
    """The size of a graph: rows of hits, and nodes by kind."""

    rows: int
    objects: Mapping[str, int]


def release_graph(officer_session: OfficerSession, request: GraphRequest) -> tuple[ReleaseSummary, GraphSummary]:
    """Write the graph of an exhibit, after two officers agreed."""
    officer_session.require(Action.BUNDLE, name_thing("exhibit", request.exhibit))
    check_new(request.out)
    address = parse_visitor_address(request.address)
    with officer_session.workspace.read() as tables:
        exhibit_id = find_exhibit(tables, request.exhibit).exhibit_id
        content = describe_runs_content(load_exhibit_record(tables, exhibit_id).runs)

    def write(tables: Tables, path: Path) -> tuple[ReleaseSummary, GraphSummary]:
        record = load_exhibit_record(tables, exhibit_id)
        require_kept(record)
        require_same_runs(record, content)
        return write_graph(path, officer_session.workspace, tables, record, RowFilter(address))

    agreed = {"kind": "graph", "thing": f"exhibit:{exhibit_id}", "address": address, **content.as_request()}
    return hand_over_file(
        officer_session, HandingOver("graph", f"exhibit:{exhibit_id}", request.why, request.out, agreed), write
    )


def parse_visitor_address(text: str | None) -> str | None:
    """Return the canonical form of an address. Raises UsageError for an invalid one."""
    result = None if text is None else canonical_address(text)
    if text is not None and result is None:
        raise UsageError(f"--address {text}: no address", hint="for example 192.0.2.7 or 2001:db8::7")
    return None if result is None else str(result)


def require_kept(record: ExhibitRecord) -> None:
    """Raise Refused for an exhibit that was purged."""
    if record.exhibit.purged_at_us is not None:
        raise Refused(
            f"exhibit {record.exhibit.exhibit_id} was purged: its rows are gone for good",
            hint="that it was there, and went, is in the ledger: sightline exhibits export-bundle --for ledger",
        )


def require_same_runs(record: ExhibitRecord, content: RunsContent) -> None:
    """Raise NotAllowed if the runs of an exhibit are not those whose rows two officers approved."""
    if describe_runs_content(record.runs) != content:
        raise NotAllowed(
            f"the exhibit {record.exhibit.exhibit_id[:12]} was read again meanwhile: other rows were approved",
            hint="run this again, so that it is asked for as it is now",
        )


def write_graph(
    path: Path,
    workspace: Workspace,
    tables: Tables,
    record: ExhibitRecord,
    row_filter: RowFilter,
    over: CoveringCheckpoint | None = None,
) -> tuple[ReleaseSummary, GraphSummary]:
    """Write the graph into a new file; return its SHA-256, and what is in it. Reads rows twice, in batches."""
    digest = hashlib.sha256()
    with name_output_on_error(path):
        out = path.open("xb", buffering=WRITE_BYTES)
    with out:
        put = map_write_errors(out, path)

        def write(text: bytes) -> None:
            digest.update(text)
            put(text)

        graph = draw_graph(write, workspace, tables, record, row_filter, over)
        with name_output_on_error(path):
            out.flush()
    return ReleaseSummary(digest.hexdigest(), graph.rows), graph


def draw_graph(
    write: Callable[[bytes], object],
    workspace: Workspace,
    tables: Tables,
    record: ExhibitRecord,
    row_filter: RowFilter,
    over: CoveringCheckpoint | None,
) -> GraphSummary:
    """Write the graph of the wanted rows, as far as their hits count, and return the counts."""
    runs = list_exhibit_runs(record)
    facts = build_exhibit_facts(tables, record, runs, row_filter, over)
    with ExitStack() as stack:
        current = [exhibit_run for exhibit_run in runs if exhibit_run.is_current]
        files = {
            segment.segment_id: stack.enter_context(open_segment(workspace, segment))
            for exhibit_run in current
            for segment in exhibit_run.segments
        }
        list_survey = survey_rows(
            hit for exhibit_run in current for hit in _read_hits(exhibit_run, files, record, row_filter)
        )
        drawing = RecordGraph(write, list_survey, list_origins(tables, record, facts), TLP, facts)
        for one, run in zip(runs, facts.runs, strict=True):
            drawing.scan(run, _read_hits(one, files, record, row_filter) if one.is_current else ())
        drawing.end()
    return GraphSummary(list_survey.rows, dict(sorted(drawing.objects.items())))


def _read_hits(
    exhibit_run: ExhibitRun, files: Mapping[str, Path], record: ExhibitRecord, row_filter: RowFilter
) -> Iterator[Hit]:
    """Yield the hits of a run that count."""
    counted_filter = replace(row_filter, lists=exhibit_run.counting) if exhibit_run.is_partly else row_filter
    for segment in exhibit_run.segments:
        yield from read_segment_hits(files[segment.segment_id], record.exhibit.exhibit_id, counted_filter)


def build_exhibit_facts(
    tables: Tables,
    record: ExhibitRecord,
    runs: Sequence[ExhibitRun],
    row_filter: RowFilter,
    over: CoveringCheckpoint | None,
) -> ExhibitProvenance:
    """Return the facts of the exhibit. For one visitor's rows, only those under which they were found."""
    exhibit_record = filter_exhibit_record(record, runs, is_whole=row_filter == EVERY)
    things = [f"exhibit:{record.exhibit.exhibit_id}"]
    things += [f"run:{exhibit_run.run.run_id}" for exhibit_run in runs]
    things += [f"custody:{custody.custody_id}" for custody in record.custody]
    things += [f"authority:{authority.authority_id}" for authority in exhibit_record.authorities]
    things += [f"holding:{holding.holding_id}" for holding in exhibit_record.holdings]
    things += [f"case:{case.case_id}" for case in exhibit_record.cases]
    return ExhibitProvenance(
        exhibit_sha256=record.exhibit.exhibit_id,
        cases=exhibit_record.cases,
        authorities=exhibit_record.authorities,
        sources=exhibit_record.sources,
        holdings=exhibit_record.holdings,
        custody=record.custody,
        officers={officer.officer_id: officer for officer in record.officers},
        runs=tuple(_run(exhibit_run) for exhibit_run in runs),
        ledger=_find_ledger_positions(tables, things, over),
        scope=None if row_filter == EVERY else describe_scope(row_filter),
    )


def describe_scope(row_filter: RowFilter) -> str:
    """Return which rows are wanted, in words."""
    if row_filter.records is not None:
        return f"{len(row_filter.records):,} records, those of the visits that replies give to one line"
    words = [f"rows of the source address {row_filter.address}"]
    if row_filter.ports is not None:
        words.append(f"ports {row_filter.ports[0]} to {row_filter.ports[1]}")
    words += [f"from {row_filter.since.isoformat()} on"] if row_filter.since else []
    words += [f"before {row_filter.until.isoformat()}"] if row_filter.until else []
    return ", ".join(words)


def _run(exhibit_run: ExhibitRun) -> RunProvenance:
    manifest = json.loads(exhibit_run.run.manifest_json)
    return RunProvenance(
        exhibit_run.run, manifest, exhibit_run.segments, tuple(sorted(exhibit_run.issuers)), exhibit_run.superseded_by
    )


def _find_ledger_positions(tables: Tables, things: Sequence[str], over: CoveringCheckpoint | None) -> LedgerPositions:
    """The first entry of each thing: what registered it."""
    entries: dict[str, int] = {}
    for row in sorted(
        tables[LedgerRow].select_within("thing", sorted(set(things))), key=lambda ledger_row: ledger_row.seq
    ):
        entries.setdefault(row.thing, row.seq)
    over = over or find_covering_checkpoint(tables, max(entries.values()))
    signed = Signed.read(SignedNote.read(over.checkpoint.note.encode()).text)
    root = over.checkpoint.note.splitlines()[2]
    return LedgerPositions(signed.origin, signed.size, root, entries)


def list_origins(tables: Tables, record: ExhibitRecord, facts: ExhibitProvenance) -> Origins:
    """Return the lists' origins from the manifests, and the exhibit. Its file name only if all is included."""
    lists: dict[str, ListOrigin] = {}
    for run in facts.runs:
        for list_ in run.manifest["lists"]:
            row = tables[FlagListRow].get(list_["list_id"])
            by = row.transcribed_by if row else None
            lists[list_["list_id"]] = ListOrigin(
                list_["list_id"], list_["issuer"], list_["origin"], by, list_["original_sha256"], is_known=True
            )
    for tip in (run_facts.run for run_facts in facts.runs if is_tip(run_facts.run)):
        sender = next((source.name for source in record.sources if source.source_id == tip.source_id), None)
        origin = "the file itself states the connections; it is held under a referral"
        lists[tip.exhibit_id] = ListOrigin(tip.exhibit_id, sender, origin, is_known=True, is_tip=True)
    name = Path(record.holdings[0].path).name if record.holdings and facts.is_whole else None
    exhibit = record.exhibit
    return Origins(lists, {exhibit.exhibit_id: ExhibitOrigin(exhibit.exhibit_id, name, exhibit.size_bytes)})
