"""Versions of one report within one import: of CyberTipline documents with the same number, the newest file counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from sightline.casework.exhibits.tip_runs import TIP_FORMAT
from sightline.services.tip_import.report_versions import ReplacedReport, compare_reports, reduce_account
from sightline.services.tip_import.tip_run import NewRun, run_id_of
from sightline.services.tip_import.tip_segment import DIFFERS
from sightline.stages.tips.visit_rows import UNNUMBERED

DOCUMENTS = frozenset({f"{TIP_FORMAT}cybertip-json", f"{TIP_FORMAT}cybertip-xml"})
"""Formats of runs of CyberTipline documents, which state all of a report. A sheet may state a part, and replaces no
other file of its import."""


@dataclass(slots=True)
class SettledVersions:
    """The runs of a group without reports that a newer file replaces, and what was replaced.

    `lost`: reports that exhibits of earlier groups lose to this one.
    """

    made: list[NewRun]
    replaced: list[ReplacedReport] = field(default_factory=list)
    lost: dict[str, set[str]] = field(default_factory=dict)


class SameImport:
    """The reports of the documents that an import has read. Files come in order, the oldest first."""

    def __init__(self) -> None:
        self._newest: dict[str, str] = {}
        self._rows: dict[str, pl.DataFrame] = {}

    def settle(self, new_runs: Sequence[NewRun]) -> SettledVersions:
        """Return a group whose earlier versions of a report give way to its later ones."""
        settled = SettledVersions([])
        here = {new_run.exhibit_id for new_run in new_runs}
        gone: dict[str, set[str]] = {}
        for run in new_runs:
            for report in _list_reports(run):
                older = self._newest.get(report)
                if older is not None:
                    (gone if older in here else settled.lost).setdefault(older, set()).add(report)
                    rows = self._rows[older]
                    settled.replaced.append(compare_reports(report, rows, run.rows, older, run.exhibit_id))
                self._newest[report] = run.exhibit_id
            self._rows[run.exhibit_id] = run.rows.select(DIFFERS)
        settled.made = [_without_reports(new_run, gone.get(new_run.exhibit_id, set())) for new_run in new_runs]
        return settled


def _list_reports(new_run: NewRun) -> list[str]:
    if new_run.format not in DOCUMENTS:
        return []
    return sorted(set(new_run.rows["indicator"].unique().to_list()) - {UNNUMBERED})


def _without_reports(new_run: NewRun, reports: set[str]) -> NewRun:
    """Return a run without some reports, with the options and the id of a run that never had them."""
    if not reports:
        return new_run
    rows = new_run.rows.filter(~pl.col("indicator").is_in(sorted(reports)))
    options = dict(new_run.options) | {"without_reports": sorted({*new_run.options["without_reports"], *reports})}
    run_id = run_id_of(new_run.exhibit_id, options, new_run.version)
    return replace(new_run, run_id=run_id, options=options, account=reduce_account(new_run.account, rows), rows=rows)
