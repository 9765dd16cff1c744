"""Runs of an exhibit whose hits can be shown: for which lists each is newest, and what superseded it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sightline.casework.exhibits.exhibits import ExhibitRecord
from sightline.casework.exhibits.tip_runs import is_tip, select_newest_tip_runs
from sightline.casework.reference_data.list_series import Pair, list_superseding_runs
from sightline.errors import DamagedInput
from sightline.file_digests import compute_sha256
from sightline.model import ListUse
from sightline.services.sessions.current_runs import is_rerun
from sightline.storage.rows import Run, RunList, Segment
from sightline.workspace.run_members import read_members_of_run
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExhibitRun:
    """A run for leads that was not purged.

    `counting`: the lists that no newer run superseded, so that its hits of them count. `superseded_by`: the newest
    runs for the other lists. A run as of an older date counts for none.
    """

    run: Run
    lists: tuple[RunList, ...]
    segments: tuple[Segment, ...]
    counting: frozenset[Pair]
    superseded_by: tuple[str, ...]

    @property
    def issuers(self) -> frozenset[str]:
        """Return the issuers of lists whose hits count."""
        return frozenset(issuer for issuer, _ in self.counting)

    @property
    def is_current(self) -> bool:
        """Return whether some of its hits count."""
        return bool(self.counting)

    @property
    def is_partly(self) -> bool:
        """Return whether hits of some of its lists count, and of others not."""
        return self.is_current and len(self.counting) < len(
            {(run_list.issuer, run_list.list_id) for run_list in self.lists}
        )


def list_exhibit_runs(record: ExhibitRecord) -> list[ExhibitRun]:
    """Return the runs of an exhibit in order of registration, without those for statistics, which hold no hit."""
    runs = record.runs
    lists = {run.run_id: tuple(run_list for run_list in record.lists if run_list.run_id == run.run_id) for run in runs}
    superseding_runs = list_superseding_runs(
        [
            (
                run.run_id,
                [
                    ((run_list.issuer, run_list.list_id), record.signatures[run_list.run_id, run_list.position])
                    for run_list in lists[run.run_id]
                ],
            )
            for run in runs
            if not is_rerun(run)
        ],
        {run.run_id: read_members_of_run(run) for run in runs},
    )
    newest = select_newest_tip_runs(runs)
    names = {source.source_id: source.name for source in record.sources}
    return [
        _find_tip_state(run, record, newest[run.exhibit_id, run.source_id], names.get(run.source_id, ""))
        if is_tip(run)
        else _find_run_state(run, record, lists[run.run_id], superseding_runs.get(run.run_id))
        for run in runs
        if run.row_key is not None and run.use is ListUse.LEADS
    ]


def _find_tip_state(run: Run, record: ExhibitRecord, newest: Run, sender: str) -> ExhibitRun:
    """Return the state of a tip's run. A tip is its own list, of its sender (ADR 26)."""
    segments = tuple(segment for segment in record.segments if segment.run_id == run.run_id)
    if run.run_id != newest.run_id:
        return ExhibitRun(run, (), segments, frozenset(), (newest.run_id,))
    return ExhibitRun(run, (), segments, frozenset([(sender, run.exhibit_id)]), ())


def _find_run_state(
    run: Run, record: ExhibitRecord, lists: tuple[RunList, ...], gone: dict[Pair, str] | None
) -> ExhibitRun:
    segments = tuple(segment for segment in record.segments if segment.run_id == run.run_id)
    if gone is None:
        return ExhibitRun(run, lists, segments, frozenset(), ())
    counting = frozenset((run_list.issuer, run_list.list_id) for run_list in lists) - gone.keys()
    return ExhibitRun(run, lists, segments, counting, tuple(sorted(set(gone.values()))))


def filter_exhibit_record(record: ExhibitRecord, runs: Sequence[ExhibitRun], *, is_whole: bool) -> ExhibitRecord:
    """Return the exhibit with these runs and lists; unless `is_whole`, only their authorities, sources and cases.

    Another authority or case would reveal others than the one visitor whose rows are wanted.
    """
    run_ids = {exhibit_run.run.run_id for exhibit_run in runs}
    used = {(exhibit_run.run.authority_id, exhibit_run.run.source_id) for exhibit_run in runs}
    holdings = [holding for holding in record.holdings if is_whole or (holding.authority_id, holding.source_id) in used]
    under = {holding.authority_id for holding in holdings}
    authorities = tuple(authority for authority in record.authorities if authority.authority_id in under)
    return replace(
        record,
        holdings=tuple(holdings),
        runs=tuple(exhibit_run.run for exhibit_run in runs),
        lists=tuple(run_list for run_list in record.lists if run_list.run_id in run_ids),
        segments=tuple(segment for segment in record.segments if segment.run_id in run_ids),
        authorities=authorities,
        sources=tuple(
            source for source in record.sources if source.source_id in {holding.source_id for holding in holdings}
        ),
        cases=tuple(case for case in record.cases if case.case_id in {authority.case_id for authority in authorities}),
    )


@contextmanager
def open_segment(workspace: Workspace, segment: Segment) -> Iterator[Path]:
    """Open a segment's file. Raises DamagedInput if it is not the one that was sealed."""
    with workspace.segments.open_local(segment.file) as path:
        text = compute_sha256(path)
        if text != segment.sha256:
            raise DamagedInput(
                f"segment {segment.segment_id} ({segment.file}) is not the file that was sealed",
                hint="sightline verify --rows says what is left of it; restore it from a backup",
            )
        yield path
