"""Findings of seized devices: the hits of their current runs, by exhibit, with what they can show at most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import RecordKind, SourceKind
from sightline.services.sessions.current_runs import CurrentRun, is_of_lists, list_current_runs
from sightline.stages.devices.file_kind import KNOWN_FILES
from sightline.workspace.workspace import Workspace

CEILING = "device"
"""What a finding shows at most, unless its format is one of `CEILINGS`."""
CEILINGS = {"account-history": "account", KNOWN_FILES: "known-file"}
NOT_SHOWN = {
    CEILING: "this device visited, or this device holds the file; who used the device then is not shown",
    "account": "a device that was signed in to this account visited; which device, and who used it, is not shown",
    "known-file": "a published set of known files has this file, so a list may flag it wrongly; no device is shown to"
    " hold it",
}
"""What each ceiling says, and what it does not show."""
COLUMNS = (
    "timestamp record_kind method indicator_id indicator_kind category issuer list_id opinion vouched line_number"
).split()


@dataclass(frozen=True, slots=True)
class DeviceFindings:
    """The findings in one exhibit of a device. `rows`: its hits, `COLUMNS`, in order of the exhibit.

    `known`: ids of flagged files that a published set of known files has too.
    """

    exhibit_id: str
    source: str
    format: str
    rows: pl.DataFrame
    known: frozenset[str] = frozenset()

    @property
    def ceiling(self) -> str:
        """Return what its findings show at most."""
        return CEILINGS.get(self.format, CEILING)

    @property
    def summary(self) -> dict[str, Any]:
        """Return the counts, and the first and the last visit, as JSON."""
        visits = self.rows.filter(pl.col("record_kind") == RecordKind.DEVICE_VISIT.value)
        bounds = visits["timestamp"] if len(visits) else None
        return {
            "exhibit": self.exhibit_id,
            "source": self.source,
            "format": self.format,
            "ceiling": self.ceiling,
            "visits": visits["line_number"].n_unique(),
            "files": self.rows.filter(pl.col("record_kind") == RecordKind.FILE.value)["line_number"].n_unique(),
            "indicators": self.rows["indicator_id"].n_unique(),
            "first_visit": None if bounds is None else _format_time(bounds.min()),
            "last_visit": None if bounds is None else _format_time(bounds.max()),
        }

    def list_findings(self) -> Iterator[dict[str, Any]]:
        """Yield each hit as JSON. A flagged site or file appears by its id alone."""
        for row in self.rows.iter_rows(named=True):
            is_visit = row["record_kind"] == RecordKind.DEVICE_VISIT.value
            yield {
                "exhibit": self.exhibit_id,
                "line": row["line_number"],
                "kind": "visit" if is_visit else "file",
                "time": _format_time(row["timestamp"]) if is_visit else None,
                "visit_type": row["method"] if is_visit else None,
                "indicator_id": row["indicator_id"],
                "indicator_kind": row["indicator_kind"],
                "category": row["category"],
                "issuer": row["issuer"],
                "opinion": row["opinion"],
                "is_listed_later": not row["vouched"],
                "is_known_file": row["indicator_id"] in self.known,
                "ceiling": self.ceiling,
            }


def list_device_findings(officer_session: OfficerSession, exhibit: str | None = None) -> list[DeviceFindings]:
    """Return the findings of all devices, or of one exhibit by the beginning of its digest.

    Raises NotAllowed, and UsageError for an exhibit that no current run of a device reads.
    """
    with officer_session.read(Action.LEADS_VIEW, f"exhibit:{exhibit or 'devices'}", JournalVerb.VIEW_LEADS):
        pass
    return read_findings(officer_session.workspace, exhibit)


def read_findings(workspace: Workspace, exhibit: str | None = None) -> list[DeviceFindings]:
    """Return the findings of all devices or of one exhibit, for an officer who was let in before."""
    with workspace.read() as tables:
        runs = [
            current_run
            for current_run in list_current_runs(tables)
            if current_run.source.kind is SourceKind.SEIZED_DEVICE
        ]
    current_runs = [
        current_run for current_run in runs if exhibit is None or current_run.run.exhibit_id.startswith(exhibit.lower())
    ]
    if exhibit is not None and len({current_run.run.exhibit_id for current_run in current_runs}) != 1:
        text = exhibit[:64]
        many, none = f"several exhibits of devices begin with {text}", f"no exhibit of a device begins with {text}"
        raise UsageError(many if current_runs else none, hint="sightline devices list")
    known = frozenset[str]().union(
        *(
            _read(workspace, current_run).rows["indicator_id"]
            for current_run in runs
            if current_run.run.format == KNOWN_FILES
        )
    )
    return [replace(_read(workspace, current_run), known=known) for current_run in current_runs]


def _read(workspace: Workspace, current: CurrentRun) -> DeviceFindings:
    with ExitStack() as stack:
        paths = [stack.enter_context(workspace.segments.open_local(segment.file)) for segment in current.segments]
        parts = [pl.read_parquet(path, columns=COLUMNS) for path in paths]
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
    rows = rows if current.lists is None or not parts else rows.filter(is_of_lists(current.lists))
    return DeviceFindings(
        current.run.exhibit_id, current.source.name, current.run.format, rows.sort("line_number", "indicator_id")
    )


def _format_time(time: Any) -> str:  # noqa: ANN401  - a cell of a frame
    assert isinstance(time, datetime)
    return time.isoformat().replace("+00:00", "Z")
