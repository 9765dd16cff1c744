"""Versions of one report within one import: of CyberTipline documents with the same number, the newest file counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from sightline.casework.tip_runs import TIP_FORMAT
from sightline.services.tip_import.tip_run import NewRun, run_id_of
from sightline.services.tip_import.tip_segment import DIFFERS
from sightline.services.tip_import.versions import ReplacedReport, difference, reduced_account
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

    def settle(self, made: Sequence[NewRun]) -> SettledVersions:
        """Return a group whose earlier versions of a report give way to its later ones."""
        settled = SettledVersions([])
        here = {one.exhibit_id for one in made}
        gone: dict[str, set[str]] = {}
        for one in made:
            for report in _reports(one):
                older = self._newest.get(report)
                if older is not None:
                    (gone if older in here else settled.lost).setdefault(older, set()).add(report)
                    rows = self._rows[older]
                    settled.replaced.append(difference(report, rows, one.rows, older, one.exhibit_id))
                self._newest[report] = one.exhibit_id
            self._rows[one.exhibit_id] = one.rows.select(DIFFERS)
        settled.made = [_without(one, gone.get(one.exhibit_id, set())) for one in made]
        return settled


def _reports(one: NewRun) -> list[str]:
    if one.format not in DOCUMENTS:
        return []
    return sorted(set(one.rows["indicator"].unique().to_list()) - {UNNUMBERED})


def _without(one: NewRun, reports: set[str]) -> NewRun:
    """Return a run without some reports, with the options and the id of a run that never had them."""
    if not reports:
        return one
    rows = one.rows.filter(~pl.col("indicator").is_in(sorted(reports)))
    options = dict(one.options) | {"without_reports": sorted({*one.options["without_reports"], *reports})}
    run_id = run_id_of(one.exhibit_id, options, one.version)
    return replace(one, run_id=run_id, options=options, account=reduced_account(one.account, rows), rows=rows)
