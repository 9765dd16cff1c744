"""Older versions of reports: which of them an import replaces, with the difference of their connections."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import polars as pl

from sightline.casework.exhibits.tip_runs import list_uncounted_reports, select_newest_tip_runs
from sightline.services.tip_import.tip_run import NewRun, run_id_of
from sightline.services.tip_import.tip_segment import DIFFERS, read_segments
from sightline.stages.tips.visit_rows import UNNUMBERED
from sightline.storage.rows import Exhibit, Run, Segment
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReplacedReport:
    """A report of which a newer version was imported: the exhibits of both, and its connections that differ."""

    report: str
    old_exhibit: str
    new_exhibit: str
    added: int
    dropped: int


class OlderVersions:
    """The current runs of a source's tips, as an import begins, and which reports each has."""

    def __init__(self, workspace: Workspace, source_id: str) -> None:
        self._workspace = workspace
        with workspace.read() as tables:
            result = select_newest_tip_runs(tables[Run].select(source_id=source_id))
        self.runs: dict[str, Run] = {run.exhibit_id: run for run in result.values()}
        self._reports = {exhibit_id: self._list_reports(run) for exhibit_id, run in self.runs.items()}

    def _list_reports(self, run: Run) -> frozenset[str]:
        listed = json.loads(run.manifest_json)["reports"]
        result = self._read_rows(run, ["indicator"])["indicator"].unique().to_list() if listed is None else listed
        return frozenset(result) - {UNNUMBERED}

    def _read_rows(self, run: Run, columns: Sequence[str] | None = None) -> pl.DataFrame:
        with self._workspace.read() as tables, ExitStack() as stack:
            segments = sorted(tables[Segment].select(run_id=run.run_id), key=lambda segment: segment.number)
            paths = [stack.enter_context(self._workspace.segments.open_local(segment.file)) for segment in segments]
            return read_segments(paths, columns)

    def without_of(self, exhibit_id: str) -> frozenset[str]:
        """Return the reports of an exhibit that a newer version elsewhere replaced before."""
        run = self.runs.get(exhibit_id)
        return list_uncounted_reports(run) if run is not None else frozenset()

    def build_replacements(
        self, new_runs: Sequence[NewRun], lost_here: Mapping[str, set[str]]
    ) -> tuple[list[NewRun], list[ReplacedReport]]:
        """Return a further run of each older tip that loses reports to these, and the reports with their difference.

        `lost_here`: reports that files of this import, which are registered, lose. Their difference is known.
        """
        of_report = {
            report: new_run.rows
            for new_run in new_runs
            for report in new_run.rows["indicator"].unique().to_list()
            if report != UNNUMBERED
        }
        by = {
            report: new_run.exhibit_id
            for new_run in new_runs
            for report in new_run.rows["indicator"].unique().to_list()
        }
        new_exhibits = {new_run.exhibit_id for new_run in new_runs}
        runs, replaced = [], []
        for exhibit_id, reports in sorted(self._reports.items()):
            lost = reports & of_report.keys()
            if exhibit_id in new_exhibits or not lost:
                continue
            old = self.runs[exhibit_id]
            rows = self._read_rows(old)
            replaced += [
                compare_reports(report, rows, of_report[report], exhibit_id, by[report]) for report in sorted(lost)
            ]
            runs.append(self._reduce_run(old, rows, lost))
        for exhibit_id, gone in sorted(lost_here.items()):
            old = self.runs[exhibit_id]
            runs.append(self._reduce_run(old, self._read_rows(old), frozenset(gone)))
        return runs, replaced

    def _reduce_run(self, old: Run, all_rows: pl.DataFrame, lost: frozenset[str]) -> NewRun:
        """Return a run of a registered tip without some reports. Its rows are those that were read before."""
        rows = all_rows.filter(~pl.col("indicator").is_in(sorted(lost)))
        manifest = json.loads(old.manifest_json)
        options = manifest["options"] | {"without_reports": sorted(list_uncounted_reports(old) | lost)}
        version = manifest["versions"]["sightline"]
        with self._workspace.read() as tables:
            exhibit = tables[Exhibit].get(old.exhibit_id)
        assert exhibit is not None, "a run is of an exhibit"
        return NewRun(
            run_id_of(old.exhibit_id, options, version),
            old.exhibit_id,
            exhibit.size_bytes,
            None,
            old.format,
            manifest["format"]["why"],
            options,
            version,
            reduce_account(manifest["account"], rows),
            rows,
            old,
        )

    def note_runs(self, runs: Mapping[str, Run], is_older: Mapping[str, bool]) -> None:
        """Note the runs that were registered, by exhibit. Those of new tips are no older version (`SameImport`)."""
        for exhibit_id, run in runs.items():
            self.runs[exhibit_id] = run
            was_older = self._reports.pop(exhibit_id, None) is not None
            if is_older[exhibit_id] and was_older:
                self._reports[exhibit_id] = self._list_reports(run)


def reduce_account(account: Mapping[str, Any], rows: pl.DataFrame) -> dict[str, Any]:
    """Return the account of a run of which only these rows count."""
    counts = {"hits": len(rows), "hit_records": len(rows), "unmatched": account["records"] - len(rows)}
    return dict(account) | counts


def compare_reports(
    report: str, old: pl.DataFrame, new: pl.DataFrame, old_exhibit: str, new_exhibit: str
) -> ReplacedReport:
    """Return how the connections of a report differ between two versions."""
    was, now = (rows.filter(pl.col("indicator") == report).select(DIFFERS).unique() for rows in (old, new))
    added = len(now.join(was, on=DIFFERS, how="anti", nulls_equal=True))
    dropped = len(was.join(now, on=DIFFERS, how="anti", nulls_equal=True))
    return ReplacedReport(report, old_exhibit, new_exhibit, added, dropped)
