"""The request of an import of tips, and what it rests on. A field that is None is as the source declares it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sightline.casework.cases import cases, declarations
from sightline.casework.cases.declarations import ExhibitClock
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import AuthorityKind, SourceKind
from sightline.services.scan.scan_context import ScanContext
from sightline.services.tips.transcribe import TranscribedMessage, read_message
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import build_zone_table
from sightline.stages.tips.model import Original, TipOptions
from sightline.stages.tips.table_columns import parse_declared
from sightline.storage.rows import Exhibit, Source


@dataclass(frozen=True, slots=True)
class TipImportRequest:
    """One import: files and folders of one sender, under one referral.

    `adds`: the reports add to earlier versions of themselves, and take the place of none. `original`: the message of
    which the one file is a transcription. `names`: the names under which files are held whose paths are temporary.
    """

    paths: tuple[Path, ...]
    source: str
    authority: str
    kind: str = "auto"
    columns: str | None = None
    sheet: str | None = None
    timezone: str | None = None
    timezone_basis: str | None = None
    year: int | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    clock_uncertainty_s: float | None = None
    clock_measured: str | None = None
    adds: bool = False
    dry_run: bool = False
    original: Path | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, path: Path) -> str:
        """Return the name under which a file is held."""
        return self.names.get(str(path), str(path))

    def with_declarations(self, source: Source) -> Source:
        """Return the source with the request's declarations in place of its own."""
        uncertainty = self.clock_uncertainty_s
        measured = None if uncertainty is None else cases.NOT_MEASURED
        return replace(
            source,
            timezone=self.timezone or source.timezone,
            timezone_basis=self.timezone_basis or (None if self.timezone else source.timezone_basis),
            clock_uncertainty_s=source.clock_uncertainty_s if uncertainty is None else math.ceil(uncertainty),
            clock_measured=self.clock_measured or measured or source.clock_measured,
        )


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The source and the authority of an import, with the source as declared for it, and the clocks of exhibits."""

    scan: ScanContext
    declared: Source
    options: TipOptions
    message: TranscribedMessage | None = None

    @property
    def source(self) -> Source:
        """Return the source as it is registered."""
        return self.scan.source

    def find_clock(self, exhibit_id: str) -> ExhibitClock | None:
        """Return the clock that is declared for one exhibit, or None if that of the source holds."""
        clock = self.scan.clocks.get(exhibit_id)
        if clock is not None and clock.drift is not None:
            raise UsageError(
                f"the clock of exhibit {exhibit_id[:12]} was compared twice, and a tip has no clock that drifts",
                hint="compare it once: sightline exhibits set-clock",
            )
        return clock if clock is not None and clock.compared else None


def load_context(officer_session: OfficerSession, request: TipImportRequest) -> ImportContext:
    """Return what an import rests on, if a referral in force covers it. A refusal is written to the journal."""
    officer_session.require(Action.SCAN, "tips:new")
    with officer_session.workspace.read() as tables:
        source = cases.find_source(tables, request.source)
        authority = cases.find_authority(tables, request.authority)
        clocks = declarations.list_clocks(tables)
    declared = request.with_declarations(source)
    cases.require_clock(declared)
    options = _build_options(request, declared)
    with officer_session.record_refusals(JournalVerb.REFUSED_AUTHORITY, f"authority:{authority.authority_id}"):
        if source.kind is not SourceKind.TIP or authority.kind is not AuthorityKind.REFERRAL:
            raise NotAllowed(
                f"tips come from a source of kind tip, under their covering letter (an authority of kind referral);"
                f" {source.name} is {source.kind}, and {authority.number} is {authority.kind}",
                hint="sightline sources add --kind tip; sightline authorities add --kind referral",
            )
        cases.require_in_force(authority, source, to_microseconds(officer_session.clock()))
    scan = ScanContext(source, authority, [], [], clocks=clocks)
    if request.original is None:
        return ImportContext(scan, declared, options)
    if len(request.paths) != 1 or not request.paths[0].is_file():
        raise UsageError("--original is of one transcription", hint="import each transcription by itself")
    message = read_message(request.original)
    with officer_session.workspace.read() as tables:
        exhibit = tables[Exhibit].get(message.sha256)
    if exhibit is not None and exhibit.purged_at_us is not None:
        raise UsageError("--original was purged", hint="a purged exhibit is not imported again")
    original = Original(message.sha256, frozenset(message.findings.candidates))
    return ImportContext(scan, declared, replace(options, original=original), message)


def _build_options(request: TipImportRequest, declared: Source) -> TipOptions:
    """Return what the tips do not state themselves. Raises UsageError."""
    try:
        timezone = build_zone_table(declared.timezone) if declared.timezone else None
    except ValueError as error:
        raise UsageError(f"--timezone {error}", hint="for example --timezone Asia/Kolkata") from None
    if request.year is not None and not 1970 <= request.year <= 2199:
        raise UsageError(f"--year {request.year}: from 1970 to 2199", hint="the year of the times that name none")
    return TipOptions(
        read=ReadOptions(timezone=timezone, year=request.year, date_order=request.date_order),
        columns=parse_declared(request.columns) if request.columns else {},
        sheet=request.sheet,
        kind=request.kind,
    )
