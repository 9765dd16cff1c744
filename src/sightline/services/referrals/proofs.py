"""Proofs of a referral's rows: their paths in sealed segments, ledger entries, manifests; and CASE graphs.

All as of the draft, so that they come out the same whenever they are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sightline.casework.exhibits.exhibits import ExhibitRecord, load_exhibit_record
from sightline.errors import name_output_on_error
from sightline.evidence.bundle_file import BundleContent, BundleKind, write_bundle
from sightline.evidence.case.exhibit_graph import RecordGraph
from sightline.evidence.segment_file import RowFilter, read_segment_hits_at
from sightline.evidence.survey import survey_rows
from sightline.ledger.instants import to_instant
from sightline.ledger.note import NoteSignature, SignedNote
from sightline.model import Hit
from sightline.services.bundles.bundle_contents import prove_rows
from sightline.services.bundles.bundle_entries import select_entries
from sightline.services.documents.exhibit_graph import TLP, build_exhibit_facts, list_origins, require_kept
from sightline.services.documents.exhibit_runs import ExhibitRun, filter_exhibit_record, list_exhibit_runs, open_segment
from sightline.services.documents.ledger_positions import CoveringCheckpoint
from sightline.services.documents.release import map_write_errors
from sightline.storage.rows import Checkpoint, Countersignature, Referral, Witness
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

SOME = RowFilter(lists=frozenset())
"""Not all rows, so that nothing about others is included."""


@dataclass(frozen=True, slots=True)
class ExhibitProofs:
    """An exhibit in a referral: its runs with rows in the referral, and the rows' places, by segment."""

    record: ExhibitRecord
    runs: tuple[ExhibitRun, ...]
    places: Mapping[str, list[int]]


def list_exhibits_of(tables: Tables, referral: Referral, rows: pl.DataFrame) -> list[ExhibitProofs]:
    """Return the exhibits of ROWS, by id. Raises Refused for one that was purged."""
    result = []
    for exhibit_id in rows["exhibit_id"].unique().sort():
        exhibit_rows = rows.filter(pl.col("exhibit_id") == exhibit_id)
        record = _without_later_changes(load_exhibit_record(tables, exhibit_id), referral.made_at_us)
        require_kept(record)
        read = set(exhibit_rows["run_id"])
        runs = tuple(exhibit_run for exhibit_run in list_exhibit_runs(record) if exhibit_run.run.run_id in read)
        each = exhibit_rows.group_by("segment_id").agg(pl.col("index").unique().sort()).sort("segment_id")
        result.append(ExhibitProofs(filter_exhibit_record(record, runs, is_whole=False), runs, dict(each.iter_rows())))
    return result


def _without_later_changes(record: ExhibitRecord, at_us: int) -> ExhibitRecord:
    """Return the exhibit without later changes."""
    runs = tuple(run for run in record.runs if run.registered_at_us <= at_us)
    known = {run.run_id for run in runs}
    return replace(
        record,
        holdings=tuple(holding for holding in record.holdings if holding.since_us <= at_us),
        custody=tuple(custody for custody in record.custody if custody.recorded_at_us <= at_us),
        runs=runs,
        lists=tuple(run_list for run_list in record.lists if run_list.run_id in known),
        segments=tuple(segment for segment in record.segments if segment.run_id in known),
    )


def find_draft_checkpoint(tables: Tables, referral: Referral) -> CoveringCheckpoint:
    """Return the checkpoint of the draft, with the countersignatures that it had then."""
    checkpoint = tables[Checkpoint].get(referral.tree_size)
    assert checkpoint is not None, "checkpoints are never taken away"
    lines = tables[Countersignature].select(size=referral.tree_size)
    return CoveringCheckpoint(
        checkpoint,
        tuple(
            f"{countersignature.line.strip()}\n"
            for countersignature in lines
            if countersignature.at_us <= referral.made_at_us
        ),
    )


def write_proofs(
    path: Path, workspace: Workspace, tables: Tables, referral: Referral, exhibit_proofs: Sequence[ExhibitProofs]
) -> None:
    """Write the bundle of kind `referral` that verify_sightline.py checks: rows with paths, entries, manifests."""
    over = find_draft_checkpoint(tables, referral)
    entries = select_entries(tables, BundleKind.REFERRAL, *(proofs.record for proofs in exhibit_proofs), over=over)
    runs = [(run, proofs) for proofs in exhibit_proofs for run in proofs.runs]
    parts = BundleContent(
        kind=BundleKind.REFERRAL,
        made_at=to_instant(referral.made_at_us),
        checkpoint=SignedNote.read(over.checkpoint.note.encode()).with_signatures(
            *(NoteSignature.read(line.removesuffix("\n")) for line in over.lines)
        ),
        entries=entries.proved,
        witnesses={
            witness.name: witness.public_key
            for witness in tables[Witness].select()
            if witness.enrolled_at_us <= referral.made_at_us
        },
        openings=entries.openings,
        rows={
            segment.segment_id: prove_rows(workspace, run, segment, proofs.places[segment.segment_id])
            for run, proofs in runs
            for segment in run.segments
            if segment.segment_id in proofs.places
        },
        documents={name_manifest(run): run.run.manifest_json.encode() for run, _ in runs},
    )
    write_bundle(path, parts, workspace.log_signer().private)


def name_manifest(run: ExhibitRun) -> str:
    """Return the file name of a run's manifest."""
    return f"manifest-{run.run.run_id[:16]}.json"


def read_exhibit_hits(workspace: Workspace, exhibit_proofs: ExhibitProofs) -> Iterator[tuple[str, int, Hit]]:
    """Yield the rows of an exhibit, with their segment and place."""
    for run in exhibit_proofs.runs:
        for segment in run.segments:
            places = exhibit_proofs.places.get(segment.segment_id, [])
            with open_segment(workspace, segment) as path:
                hits = read_segment_hits_at(path, exhibit_proofs.record.exhibit.exhibit_id, places)
                yield from ((segment.segment_id, place, hit) for place, hit in zip(places, hits, strict=True))


def write_graph(
    path: Path, workspace: Workspace, tables: Tables, referral: Referral, exhibit_proofs: ExhibitProofs
) -> None:
    """Write the CASE/UCO graph of a referral's rows in one exhibit."""
    over = find_draft_checkpoint(tables, referral)
    scope = f"rows of the leads of referral {referral.number}"
    facts = replace(build_exhibit_facts(tables, exhibit_proofs.record, exhibit_proofs.runs, SOME, over), scope=scope)
    with ExitStack() as stack:
        files = {
            segment.segment_id: stack.enter_context(open_segment(workspace, segment))
            for run in exhibit_proofs.runs
            for segment in run.segments
            if segment.segment_id in exhibit_proofs.places
        }

        def hits(run: ExhibitRun) -> Iterator[Hit]:
            for segment in run.segments:
                if segment.segment_id in files:
                    places = exhibit_proofs.places[segment.segment_id]
                    yield from read_segment_hits_at(
                        files[segment.segment_id], exhibit_proofs.record.exhibit.exhibit_id, places
                    )

        list_survey = survey_rows(hit for run in exhibit_proofs.runs for hit in hits(run))
        with name_output_on_error(path), path.open("xb") as out:
            drawing = RecordGraph(
                map_write_errors(out, path), list_survey, list_origins(tables, exhibit_proofs.record, facts), TLP, facts
            )
            for run, each in zip(exhibit_proofs.runs, facts.runs, strict=True):
                drawing.scan(each, hits(run))
            drawing.end()
