"""View of an exhibit: holdings and steps with names, runs with their accounts and manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.casework.exhibits.exhibits import ExhibitSummary, format_exhibit_name, load_exhibit_record
from sightline.casework.exhibits.holds import list_holds_on_exhibit
from sightline.casework.permissions.roster import list_names
from sightline.ledger.verbs import Verb
from sightline.services.documents.exhibit_runs import list_exhibit_runs
from sightline.services.scan.frame_account import FrameAccount, parse_frame_account
from sightline.storage.rows import Authority, Case, Custody, Exhibit, Holding, LedgerRow, Run, Segment, Source
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class ExhibitRow:
    """An exhibit in the list, and whether it is on hold."""

    listed: ExhibitSummary
    name: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class HeldUnder:
    """The authority, case and source of a holding, and its path."""

    holding: Holding
    authority: Authority | None
    case: Case | None
    source: Source | None
    by: str


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """A step of custody, and who recorded it."""

    custody: Custody
    by: str


@dataclass(frozen=True, slots=True)
class ReadOnce:
    """A run with its account and manifest. `counts`: its hits count, because no newer run replaced it."""

    run: Run
    account: FrameAccount
    manifest: Mapping[str, Any]
    segments: tuple[Segment, ...]
    counts: bool
    by: str


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """Everything about one exhibit."""

    exhibit: Exhibit
    name: str
    holdings: tuple[HeldUnder, ...]
    custody: tuple[CustodyEntry, ...]
    runs: tuple[ReadOnce, ...]
    cases: tuple[Case, ...]


def build_exhibit_row(tables: Tables, summary: ExhibitSummary) -> ExhibitRow:
    """Return an exhibit for the list."""
    return ExhibitRow(summary, summary.name, bool(list_holds_on_exhibit(tables, summary.exhibit.exhibit_id)))


def load_exhibit(tables: Tables, digest: str) -> ExhibitView:
    """Return everything about the exhibit whose digest begins so."""
    exhibit_record, known = load_exhibit_record(tables, digest), list_names(tables)
    authorities = {authority.authority_id: authority for authority in exhibit_record.authorities}
    sources, cases = (
        {source.source_id: source for source in exhibit_record.sources},
        {case.case_id: case for case in exhibit_record.cases},
    )
    current = {exhibit_run.run.run_id for exhibit_run in list_exhibit_runs(exhibit_record) if exhibit_run.is_current}
    hold_reasons = []
    for holding in exhibit_record.holdings:
        under = authorities.get(holding.authority_id)
        case = cases.get(under.case_id) if under else None
        hold_reasons.append(
            HeldUnder(holding, under, case, sources.get(holding.source_id), known.get(holding.held_by, ""))
        )
    runs = [
        ReadOnce(
            run,
            parse_frame_account(run.account_json),
            json.loads(run.manifest_json),
            tuple(segment for segment in exhibit_record.segments if segment.run_id == run.run_id),
            run.run_id in current,
            known.get(run.registered_by, ""),
        )
        for run in reversed(exhibit_record.runs)
    ]
    steps = tuple(CustodyEntry(custody, known.get(custody.recorded_by, "")) for custody in exhibit_record.custody)
    return ExhibitView(
        exhibit_record.exhibit,
        format_exhibit_name(exhibit_record.holdings),
        tuple(hold_reasons),
        steps,
        tuple(runs),
        exhibit_record.cases,
    )


@dataclass(frozen=True, slots=True)
class Certificate:
    """The ledger entry of a certificate."""

    seq: int
    at: str
    by: str
    facts: Mapping[str, str]


def list_certificates(tables: Tables, exhibit_id: str) -> list[Certificate]:
    """Return the certificates of an exhibit, newest first."""
    table, known = tables[LedgerRow], list_names(tables)
    is_one = table.get_column("verb") == Verb.CERTIFICATE_MADE.value
    ledger_rows = table.list_newest(100, table.get_column("thing") == f"exhibit:{exhibit_id}", is_one)
    entries = [(ledger_row, json.loads(ledger_row.entry_json)) for ledger_row in ledger_rows]
    return [
        Certificate(ledger_row.seq, each["at"], known.get(ledger_row.actor, ""), each["facts"])
        for ledger_row, each in entries
    ]
